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
 * import { createRecordingCutter } from '#src/audio/voice/recording-cutter.ts';
 *
 * const cuts = createRecordingCutter();
 * for (let n = 0; n < 50; n++) cuts.next(n < 20 ? 0.1 : 0.9); // 32 ms each
 * cuts.end(); // { fromMs: 240, toMs: 1600 }
 */
export function createRecordingCutter() {
  let windows = 0;
  let openSpan: { readonly from: number; to: number } | undefined;
  let probabilities: number[] = [];
  let cutMs = 0;

  function endSpan(): SpeechSpan | undefined {
    const span = openSpan;
    openSpan = undefined;
    probabilities = [];
    if (!span) return undefined;
    const toMs = Math.min(span.to * windowMs + tailMs, windows * windowMs);
    return toSpan(span.from * windowMs - preRollMs, toMs);
  }

  function cutShort() {
    const span = openSpan;
    if (!span) return undefined;
    // The cut lies where a voice is least likely.
    const all = probabilities;
    const first = all.length - cutSearchMs / windowMs;
    const sought = all.slice(Math.floor(first));
    const at = all.length - sought.length + sought.indexOf(Math.min(...sought));
    const place = span.from + at;
    probabilities = all.slice(at);
    openSpan = { from: place, to: Math.max(place, span.to) };
    return toSpan(span.from * windowMs - preRollMs, place * windowMs);
  }

  function toSpan(requestedMs: number, toMs: number) {
    const fromMs = Math.max(cutMs, requestedMs);
    cutMs = toMs;
    return { fromMs, toMs };
  }

  return {
    next(probability: number): SpeechSpan | undefined {
      const now = windows++;
      const isVoice =
        probability >= (openSpan ? minContinueProbability : minBeginProbability);
      if (!openSpan && !isVoice) return undefined;
      openSpan ??= { from: now, to: now };
      probabilities.push(probability);
      if (isVoice) openSpan.to = now + 1;
      const { from, to } = openSpan;
      const pauseMs = (now + 1 - to) * windowMs;
      if (pauseMs > 0 && pauseMs >= getMinPauseMs((to - from) * windowMs))
        return endSpan();
      return (now + 1 - from) * windowMs >= maxSpanMs ? cutShort() : undefined;
    },

    end: endSpan,
  };
}
