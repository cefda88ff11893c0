/**
 * Measured by `npm run bench -- manners`: silent 300 ms (p50) to 340 ms (p95) after the first packet of a sentence,
 * and at full level 120 to 180 ms after a sound under 400 ms that is no word. A shorter `minPauseDurationMs` pauses
 * for more such sounds, and a shorter `duckTimeoutMs` ends ducking inside sentences of bystanders.
 */
export const bargeInRules = {
  /** 12 dB after a codec. */
  duckDb: 13,
  maxPauseAfterWaitMs: 20_000,
  /** Whoever speaks again this soon after the first sound of the answer surely goes on with the question. */
  goesOnMs: 1_000,
  reaction: {
    minDuckDurationMs: 30,
    /** Usual time from the onset of a voice to its first window, from which the durations below count. */
    usualNoticeMs: 75,
    minTentativePauseDurationMs: 220,
    minPauseDurationMs: 300,
    /** A voice that falls by this from its loudest packet is over, as voice activity detection lags. */
    voiceEndDropDb: 30,
    minBystanderDurationMs: 1_500,
  },
  timeouts: {
    /** Silence that ends a tentative pause. */
    falseInterruptionTimeoutMs: 120,
    duckTimeoutMs: 200,
    /** Silence after which the "stop" of a partial counts. */
    partialStopTimeoutMs: 200,
    finalTextTimeoutMs: 1_500,
    /** Shortest voice that counts as a question if its final text does not come in time. */
    minQuestionDurationMs: 700,
    /** A voice without an end counts as ended after this silence. */
    lostSpeechTimeoutMs: 1_500,
  },
};

/**
 * Thresholds of barge-in, levels in dB.
 *
 * The asker's voice pauses the bot tentatively, and for good after `minPauseDurationMs`. A tentative pause that
 * ends by itself was a false interruption, such as a cough. In the first second of the answer a voice pauses the bot as
 * soon as it is noticed, until one of them was such a false interruption.
 */
export type BargeInRules = Readonly<typeof bargeInRules>;

export type ReactionRules = BargeInRules['reaction'];
export type BargeInTimeouts = BargeInRules['timeouts'];
