import type { AnswerFinish, Instants } from './events.ts';

/** Of the last turns that were answered, at most 100; milliseconds from the last voiced packet to the first frame sent. */
export type AnswerSpeed = {
  readonly turns: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly failed: number;
  /** 0 to 1, of all tokens of late: for answers prepared ahead in vain. */
  readonly vainShare: number;
};

/** The turn answered last: instants and numbers, never its words. */
export type LatestAnswer = { readonly instants: Instants; readonly finish: AnswerFinish };
