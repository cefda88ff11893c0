export type SpeechSpan = { readonly fromMs: number; readonly toMs: number };

const windowMs = 32;
/** Thresholds of Silero VAD v5: https://github.com/snakers4/silero-vad */
const [minBeginProbability, minContinueProbability] = [0.5, 0.35];
/** Words begin and end softly. */
const [preRollMs, tailMs] = [400, 200];
const maxSpanMs = 29_000;
const cutSearchMs = 5_000;

function getMinPauseMs(lengthMs: number) {
  // A long span ends at a shorter pause, so that it does not reach 30 s and get cut inside a word.
  if (lengthMs < 8_000) return 1_500;
  return lengthMs < 20_000 ? 600 : 160;
}

/**
 * Cuts a recording at its pauses into spans of at most 30 s, the longest input of recognisers. Parts without a voice
 * are left out.
 *
 * @example
 * import { RecordingCutter } from '#src/audio/voice/recording-cutter.ts';
 *
 * const cuts = new RecordingCutter();
 * for (let n = 0; n < 50; n++) cuts.next(n < 20 ? 0.1 : 0.9); // 32 ms each
 * cuts.end(); // { fromMs: 240, toMs: 1600 }
 */
export class RecordingCutter {
  #windows = 0;
  #span: { readonly from: number; to: number } | undefined;
  #probabilities: number[] = [];
  #cutMs = 0;

  next(probability: number): SpeechSpan | undefined {
    const now = this.#windows++;
    const isVoice =
      probability >= (this.#span ? minContinueProbability : minBeginProbability);
    if (!this.#span && !isVoice) return undefined;
    this.#span ??= { from: now, to: now };
    this.#probabilities.push(probability);
    if (isVoice) this.#span.to = now + 1;
    const { from, to } = this.#span;
    const pauseMs = (now + 1 - to) * windowMs;
    if (pauseMs > 0 && pauseMs >= getMinPauseMs((to - from) * windowMs))
      return this.end();
    return (now + 1 - from) * windowMs >= maxSpanMs ? this.#cutShort() : undefined;
  }

  end(): SpeechSpan | undefined {
    const span = this.#span;
    this.#span = undefined;
    this.#probabilities = [];
    if (!span) return undefined;
    const toMs = Math.min(span.to * windowMs + tailMs, this.#windows * windowMs);
    return this.#toSpan(span.from * windowMs - preRollMs, toMs);
  }

  #cutShort() {
    const span = this.#span;
    if (!span) return undefined;
    // The cut lies where a voice is least likely.
    const all = this.#probabilities;
    const first = all.length - cutSearchMs / windowMs;
    const sought = all.slice(Math.floor(first));
    const at = all.length - sought.length + sought.indexOf(Math.min(...sought));
    const place = span.from + at;
    this.#probabilities = all.slice(at);
    this.#span = { from: place, to: Math.max(place, span.to) };
    return this.#toSpan(span.from * windowMs - preRollMs, place * windowMs);
  }

  #toSpan(requestedMs: number, toMs: number) {
    const fromMs = Math.max(this.#cutMs, requestedMs);
    this.#cutMs = toMs;
    return { fromMs, toMs };
  }
}
