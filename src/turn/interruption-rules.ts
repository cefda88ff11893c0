/** How a speaking bot takes a voice. Sources: product, "Interruptions" and "Numbers to hold"; the others say theirs. */
export type InterruptionRules = {
  /** Any voice: 12 dB down. */
  readonly duckMs: number;
  /** The person being answered hushes it with a voice that has lasted so long and is loud or grows louder ... */
  readonly hushMs: number;
  /** ... that is, not so far below its loudest packet ... */
  readonly loudDb: number;
  /** ... or so much above the one before: a syllable begins. */
  readonly risingDb: number;
  /** What has only hushed it and dies away so far is no more: coughs and "mhm" do, questions go on. */
  readonly dyingDb: number;
  /** It is no more, either, so long after the last voiced window. */
  readonly hushedMs: number;
  /** With a voice that has lasted so long it is a pause ... */
  readonly pauseMs: number;
  /** ... unless the packet is so far below: voice activity lags behind the end of a sound. */
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
 * `hushMs` to `goneDb`: silero v5 over the 260 clips of test/fixtures/scenes from 0.7 s and the 100 sounds under 400 ms
 * of `npm run bench -- --rows barge-in`, without any text, 2026-11. From the first voiced packet to the silence that
 * stays, decided: human clips p50 340, synthetic ones p50 340 and p95 440 ms; 8 of the 100 sounds keep it from speaking
 * for more than 60 ms.
 */
export const interruptionRules: InterruptionRules = {
  duckMs: 30,
  hushMs: 220,
  loudDb: 6,
  risingDb: 8,
  dyingDb: 15,
  hushedMs: 80,
  pauseMs: 300,
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
