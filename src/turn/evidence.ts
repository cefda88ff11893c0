/** Amount of voice in an utterance: the input of `hasVoice` and `isHallucination`. */
export type Evidence = {
  /** Length of all voiced windows together. */
  readonly voicedMs: number;
  /** Time from the first to the last of them, in ms. */
  readonly spanMs: number;
  /** Means over the voiced windows; the level in dBFS, where it was measured. */
  readonly meanProbability: number;
  readonly peakProbability: number;
  readonly meanLevelDb?: number;
};

export const nothingHeard: Evidence = {
  voicedMs: 0,
  spanMs: 0,
  meanProbability: 0,
  peakProbability: 0,
};

/** One more voiced window. */
export function heardWindow(
  heard: Evidence,
  { probability, levelDb }: { readonly probability: number; readonly levelDb?: number },
  windowMs: number,
): Evidence {
  const voicedMs = heard.voicedMs + windowMs;
  const share = windowMs / voicedMs;
  const mean = (former: number, value: number) => former + (value - former) * share;
  const more = {
    voicedMs,
    spanMs: heard.spanMs,
    meanProbability: mean(heard.meanProbability, probability),
    peakProbability: Math.max(heard.peakProbability, probability),
  };
  if (levelDb === undefined || !Number.isFinite(levelDb)) {
    return heard.meanLevelDb === undefined ? more : { ...more, meanLevelDb: heard.meanLevelDb };
  }
  return { ...more, meanLevelDb: mean(heard.meanLevelDb ?? levelDb, levelDb) };
}

/** Lowest level of understandable speech, in dB; the noise floor of an open microphone is about -55. */
const faintestDb = -58;
/** Longest speech without a breath, in ms. */
const breathlessMs = 10_000;

/**
 * Whether an utterance holds enough voice to be worth a recogniser.
 *
 * Silero v5 over 13 recordings, their first words alone and 5 dB above noise: mean 0.75, peak 0.9 and more. Keyboard,
 * breath, hum, drums: no utterance at all; plucked strings at most 0.43 and 0.53; a gliding lead mostly below
 * (test/turn/noises.test.ts, 2026-11). Sound without a pause for breath is an instrument.
 */
export function hasVoice(heard: Evidence): boolean {
  const { voicedMs, spanMs, meanProbability, peakProbability, meanLevelDb } = heard;
  if (spanMs >= breathlessMs && voicedMs / spanMs > 0.995) return false;
  return (
    voicedMs >= 90 &&
    meanProbability >= 0.7 &&
    peakProbability >= 0.85 &&
    (meanLevelDb ?? 0) >= faintestDb
  );
}
