import type { AnswerFinish, Instants } from './session-events.ts';

/** Latency of the last answered turns, at most 100; milliseconds from the last voiced packet to the first frame sent. */
export type AnswerLatencyStats = {
  readonly turns: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly failed: number;
  /** Share, 0 to 1, of recent tokens that was spent on unused preemptive answers. */
  readonly vainShare: number;
};

/** The turn answered last: instants and numbers, never its words. */
export type LatestAnswer = { readonly instants: Instants; readonly finish: AnswerFinish };
