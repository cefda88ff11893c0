/**
 * Thresholds of barge-in: which voice turns the bot's speech down, pauses it or ends it. Durations in ms, levels in dB.
 *
 * The voice of the person being answered pauses the speech twice: first tentatively, and for good after
 * `minPauseDurationMs`. A tentative pause that ends by itself was a false interruption: a cough, an "mhm".
 */
export type InterruptionRules = {
  /** Shortest new voice of any person that turns the bot's speech down by 12 dB. */
  readonly minDuckDurationMs: number;
  /** Depth of ducking: 12 dB after a codec. */
  readonly duckDb: number;
  /** Usual time from the onset of a voice to its first window. The durations below count from there, however late that came. */
  readonly usualNoticeMs: number;
  /** Shortest overlap of the person being answered that pauses the speech tentatively. */
  readonly minTentativePauseDurationMs: number;
  /** Silence since the last voiced window that ends a tentative pause. */
  readonly falseInterruptionTimeoutMs: number;
  /** Shortest overlap of the person being answered that pauses the speech for good. */
  readonly minPauseDurationMs: number;
  /** Drop below the loudest packet at which a voice counts as over: voice activity lags behind the end of a sound. */
  readonly voiceEndDropDb: number;
  /** Shortest voice of a bystander, any other person, that pauses the speech. */
  readonly minBystanderDurationMs: number;
  /** Silence since the last voiced window of a voice that only ducked, after which the speech returns to full level. */
  readonly duckTimeoutMs: number;
  /** Time without voice or words after which the "stop" of a partial text counts. */
  readonly partialStopTimeoutMs: number;
  /** Longest pause that a "wait" asks for. */
  readonly maxHoldDurationMs: number;
  /** Longest wait for the final text after the end of an overlap. */
  readonly finalTextTimeoutMs: number;
  /** Shortest voice that counts as a question where the final text does not come in time; less counts as noise. */
  readonly minQuestionDurationMs: number;
  /** Time since the last voiced window after which a voice without an end counts as ended. */
  readonly lostSpeechTimeoutMs: number;
};

/**
 * `npm run bench -- manners`: after the first packet of a sentence it is silent at p50 300, p95 340 ms; after the last packet
 * of a sound under 400 ms that is no word it is at full level at p50 120, p95 180 ms.
 * A shorter `minPauseDurationMs` makes more of those sounds silence it. A shorter `duckTimeoutMs` brings it back inside
 * sentences of bystanders.
 */
export const interruptionRules: InterruptionRules = {
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
