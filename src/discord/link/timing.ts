import { realClock } from '#src/base/clock.ts';

/** Time as the synchronous parts of this room need it, so that a test can step it. */
export type SyncTiming = {
  /** Monotonic. */
  nowMs(): number;
  /** Calls `run` once after `ms`; the returned function forgets it. */
  later(ms: number, run: () => void): () => void;
};

export const realTiming: SyncTiming = {
  nowMs: () => realClock.nowMs(),
  later(ms, run) {
    const timer = setTimeout(run, Math.max(0, ms));
    return () => clearTimeout(timer);
  },
};
