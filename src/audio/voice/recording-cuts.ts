/** Part of a recording that holds speech, in ms. */
export type SpeechSpan = { readonly fromMs: number; readonly toMs: number };

const windowMs = 32;
/** Least probability of a voice that begins speech, and of one that continues it (Silero v5's own thresholds). */
const [begins, goesOn] = [0.5, 0.35];
/** Kept from before the first voice, and after the last: soft beginnings and endings of words. */
const [preRollMs, tailMs] = [400, 200];
/** Longest span without pre-roll and tail. */
const longestMs = 29_000;
/** Part of a span that is too long in which the place to cut is sought. */
const soughtMs = 5_000;

/** Shortest pause, in ms, that ends a span of `lengthMs`: the longer the span, the shorter the pause. */
function pauseMsAt(lengthMs: number): number {
  if (lengthMs < 8_000) return 1_500;
  return lengthMs < 20_000 ? 600 : 160;
}

/**
 * Cuts a recording at its pauses into spans of at most 30 s, one step for each 32 ms: the input length of recognisers.
 * Parts without voice are left out.
 */
export class RecordingCuts {
  #windows = 0;
  /** First window of the span, and the one after its last voice; undefined: there is no voice. */
  #span: { readonly from: number; to: number } | undefined;
  /** Probabilities since the span began. */
  #probabilities: number[] = [];
  #cutMs = 0;

  /** The span that ends with this window, where one does. */
  next(probability: number): SpeechSpan | undefined {
    const now = this.#windows++;
    const isVoice = probability >= (this.#span ? goesOn : begins);
    if (!this.#span && !isVoice) return undefined;
    this.#span ??= { from: now, to: now };
    this.#probabilities.push(probability);
    if (isVoice) this.#span.to = now + 1;
    const { from, to } = this.#span;
    const pauseMs = (now + 1 - to) * windowMs;
    if (pauseMs > 0 && pauseMs >= pauseMsAt((to - from) * windowMs)) return this.end();
    return (now + 1 - from) * windowMs >= longestMs ? this.#cutShort() : undefined;
  }

  /** The span that has not ended yet, where there is one: the recording is over. */
  end(): SpeechSpan | undefined {
    const span = this.#span;
    this.#span = undefined;
    this.#probabilities = [];
    if (!span) return undefined;
    const toMs = Math.min(span.to * windowMs + tailMs, this.#windows * windowMs);
    return this.#cut(span.from * windowMs - preRollMs, toMs);
  }

  /** Cuts ongoing speech where a voice is least likely, shortly before. */
  #cutShort(): SpeechSpan | undefined {
    const span = this.#span;
    if (!span) return undefined;
    const all = this.#probabilities;
    const first = all.length - soughtMs / windowMs;
    const sought = all.slice(Math.floor(first));
    const at = all.length - sought.length + sought.indexOf(Math.min(...sought));
    const place = span.from + at;
    this.#probabilities = all.slice(at);
    this.#span = { from: place, to: Math.max(place, span.to) };
    return this.#cut(span.from * windowMs - preRollMs, place * windowMs);
  }

  /** Spans do not overlap. */
  #cut(requestedMs: number, toMs: number): SpeechSpan {
    const fromMs = Math.max(this.#cutMs, requestedMs);
    this.#cutMs = toMs;
    return { fromMs, toMs };
  }
}
