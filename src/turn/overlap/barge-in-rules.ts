/**
 * Thresholds of barge-in, levels in dB.
 *
 * The asker's voice pauses the bot tentatively, and for good after `minPauseDurationMs`. A tentative pause that
 * ends by itself was a false interruption, such as a cough.
 */
export type BargeInRules = {
  /** Shortest voice of anybody that ducks. */
  readonly minDuckDurationMs: number;
  /** 12 dB after a codec. */
  readonly duckDb: number;
  /** Usual time from the onset of a voice to its first window, from which the durations below count. */
  readonly usualNoticeMs: number;
  /** Shortest overlap of the asker that pauses tentatively. */
  readonly minTentativePauseDurationMs: number;
  /** Silence that ends a tentative pause. */
  readonly falseInterruptionTimeoutMs: number;
  /** Shortest overlap of the asker that pauses for good. */
  readonly minPauseDurationMs: number;
  /** A voice that falls by this from its loudest packet is over, as voice activity detection lags. */
  readonly voiceEndDropDb: number;
  /** Shortest voice of a bystander that pauses. */
  readonly minBystanderDurationMs: number;
  readonly duckTimeoutMs: number;
  /** Silence after which the "stop" of a partial counts. */
  readonly partialStopTimeoutMs: number;
  readonly maxHoldDurationMs: number;
  /** Longest wait for the final text after an overlap. */
  readonly finalTextTimeoutMs: number;
  /** Shortest voice that counts as a question if its final text does not come in time. */
  readonly minQuestionDurationMs: number;
  /** A voice without an end counts as ended after this silence. */
  readonly lostSpeechTimeoutMs: number;
};

/**
 * Measured by `npm run bench -- manners`: silent 300 ms (p50) to 340 ms (p95) after the first packet of a sentence,
 * and at full level 120 to 180 ms after a sound under 400 ms that is no word. A shorter `minPauseDurationMs` pauses
 * for more such sounds, and a shorter `duckTimeoutMs` ends ducking inside sentences of bystanders.
 */
export const bargeInRules: BargeInRules = {
  minDuckDurationMs: 30,
  duckDb: 13,
  usualNoticeMs: 75,
  minTentativePauseDurationMs: 220,
  falseInterruptionTimeoutMs: 120,
  minPauseDurationMs: 300,
  voiceEndDropDb: 30,
  minBystanderDurationMs: 1_500,
  duckTimeoutMs: 200,
  partialStopTimeoutMs: 200,
  maxHoldDurationMs: 20_000,
  finalTextTimeoutMs: 1_500,
  minQuestionDurationMs: 700,
  lostSpeechTimeoutMs: 1_500,
};
