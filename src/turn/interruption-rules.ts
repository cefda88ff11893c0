/** How a speaking bot takes a voice. Sources: product, "Interruptions" and "Numbers to hold"; the others say theirs. */
export type InterruptionRules = {
  /** Any voice: 12 dB down. */
  readonly duckMs: number;
  /** The person being answered pauses it with so much voice that nothing explains ... */
  readonly pauseMs: number;
  /** ... in a window that is not this far below the loudest one: coughs and "mhm" die away, questions go on. */
  readonly fadingDb: number;
  /** With so much voice it pauses even so ... */
  readonly lateMs: number;
  /** ... unless the window is this far below: voice activity lags behind the end of a sound. */
  readonly goneDb: number;
  /** Anybody else pauses it with so much. */
  readonly otherMs: number;
  /** A voice that only ducked is over, words or not, so long after its last window. */
  readonly fullMs: number;
  /** A partial "stop" counts when so long neither voice nor words follow. */
  readonly aloneMs: number;
  /** "Wait" lasts so long. */
  readonly holdMs: number;
  /** The final text must be there so long after an interjection ended. */
  readonly textMs: number;
  /** Without it, so much voice was a question, less was nothing. */
  readonly longMs: number;
  /** Somebody of whom nothing comes any more has ended after so long. */
  readonly lostMs: number;
  /** A stop so shortly before the first frame is meant for it. */
  readonly sameMs: number;
};

/**
 * `pauseMs` to `goneDb`: silero v5 over the 260 clips of test/fixtures/scenes from 0.7 s and 270 words of 120-400 ms
 * ("mhm", "haha", ... by espeak-ng), 2026-11, without any text. From the start of the sound to the pause, and words
 * that pause it: at 280 ms of voice alone p50 315 and p95 396 ms, 43 %; with these figures 329 and 445 ms, 19 %
 * (300-400 ms long: 74 %, shorter: 4 %).
 */
export const interruptionRules: InterruptionRules = {
  duckMs: 60,
  pauseMs: 280,
  fadingDb: 12,
  lateMs: 350,
  goneDb: 25,
  otherMs: 1_500,
  fullMs: 360,
  aloneMs: 200,
  holdMs: 20_000,
  textMs: 1_500,
  longMs: 700,
  lostMs: 1_500,
  sameMs: 20,
};
