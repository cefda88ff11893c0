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
 * for (let n = 0; n < 50; n++) cuts.addWindow(n < 20 ? 0.1 : 0.9); // 32 ms each
 * cuts.endSpan(); // { fromMs: 240, toMs: 1600 }
 */
export class RecordingCutter {
  #windows = 0;
  #openSpan: { readonly from: number; to: number } | undefined;
  #probabilities: number[] = [];
  #cutMs = 0;

  /** Adds the probability of a voice in the next 32 ms, and returns a span that ends there. */
  addWindow(probability: number): SpeechSpan | undefined {
    const window = this.#windows++;
    const isVoice =
      probability >= (this.#openSpan ? minContinueProbability : minBeginProbability);
    if (!this.#openSpan && !isVoice) return undefined;
    this.#openSpan ??= { from: window, to: window };
    this.#probabilities.push(probability);
    if (isVoice) this.#openSpan.to = window + 1;
    const { from, to } = this.#openSpan;
    const pauseMs = (window + 1 - to) * windowMs;
    if (pauseMs > 0 && pauseMs >= getMinPauseMs((to - from) * windowMs))
      return this.endSpan();
    return (window + 1 - from) * windowMs >= maxSpanMs ? this.#cutShort() : undefined;
  }

  /** Ends the open span. Undefined if no voice came since the last span. */
  endSpan(): SpeechSpan | undefined {
    const span = this.#openSpan;
    this.#openSpan = undefined;
    this.#probabilities = [];
    if (!span) return undefined;
    const toMs = Math.min(span.to * windowMs + tailMs, this.#windows * windowMs);
    return this.#toSpan(span.from * windowMs - preRollMs, toMs);
  }

  #cutShort() {
    const span = this.#openSpan;
    if (!span) return undefined;
    // The cut lies where a voice is least likely.
    const { length } = this.#probabilities;
    const searched = this.#probabilities.slice(
      Math.floor(length - cutSearchMs / windowMs),
    );
    const at = length - searched.length + searched.indexOf(Math.min(...searched));
    const cut = span.from + at;
    this.#probabilities = this.#probabilities.slice(at);
    this.#openSpan = { from: cut, to: Math.max(cut, span.to) };
    return this.#toSpan(span.from * windowMs - preRollMs, cut * windowMs);
  }

  #toSpan(requestedMs: number, toMs: number) {
    const fromMs = Math.max(this.#cutMs, requestedMs);
    this.#cutMs = toMs;
    return { fromMs, toMs };
  }
}
