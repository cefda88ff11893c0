/** How much voice an utterance holds, by the windows of voice activity detection. Update it with `addVoicedWindow`. */
export type VoiceEvidence = {
  readonly voicedMs: number;
  /** Time from the first to the last voiced window. */
  readonly spanMs: number;
  /** Means over the voiced windows. The level is in dBFS. */
  readonly meanProbability: number;
  readonly peakProbability: number;
  readonly meanLevelDb?: number | undefined;
  /** True if the microphone of another person heard the same voice, louder. */
  readonly isOfOther?: true;
};

/** The evidence before the first voiced window. */
export const noEvidence: VoiceEvidence = {
  voicedMs: 0,
  spanMs: 0,
  meanProbability: 0,
  peakProbability: 0,
};

/** Adds a voiced window to the evidence. */
export function addVoicedWindow(
  evidence: VoiceEvidence,
  { probability, levelDb }: { readonly probability: number; readonly levelDb?: number },
  windowMs: number,
): VoiceEvidence {
  const voicedMs = evidence.voicedMs + windowMs;
  const share = windowMs / voicedMs;
  const updateMean = (mean: number, added: number) => mean + (added - mean) * share;
  return {
    voicedMs,
    spanMs: evidence.spanMs,
    meanProbability: updateMean(evidence.meanProbability, probability),
    peakProbability: Math.max(evidence.peakProbability, probability),
    meanLevelDb:
      levelDb === undefined
        ? evidence.meanLevelDb
        : updateMean(evidence.meanLevelDb ?? levelDb, levelDb),
  };
}

const minSpeechDb = -58;
/** People take a breath sooner. */
const maxBreathlessMs = 10_000;

/**
 * Returns whether an utterance holds enough voice for a recogniser.
 *
 * Silero v5 on our recordings, 5 dB above noise: mean 0.75 and peak 0.9 or more. Keyboard, breath, hum and drums
 * make no utterance, plucked strings reach 0.43 and 0.53 (`npm test -- test/turn/noises`).
 */
export function hasVoice({
  isOfOther,
  voicedMs,
  spanMs,
  meanProbability,
  peakProbability,
  meanLevelDb,
}: VoiceEvidence): boolean {
  if (isOfOther) return false;
  // Sound without a pause for breath is an instrument.
  if (spanMs >= maxBreathlessMs && voicedMs / spanMs > 0.995) return false;
  return (
    voicedMs >= 90 &&
    meanProbability >= 0.7 &&
    peakProbability >= 0.85 &&
    (meanLevelDb ?? 0) >= minSpeechDb
  );
}
