/** Time for inner folders. Tests and simulations pass a clock that they move by hand. */
export interface Clock {
  /** Returns monotonic ms. All processes of one machine count from the same instant. */
  nowMs(): number;
  /** Returns ms since 1970 in UTC. The operator may set it back or forth, so it measures no waits. */
  wallMs(): number;
  /** Waits for `ms`. Aborting `signal` throws `signal.reason`. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Calls `run` once after `ms`, at most 24.8 days. The returned function cancels. */
  later(ms: number, run: () => void): () => void;
}

/**
 * Longest timer of Node. A longer one would fire after 1 ms:
 * https://nodejs.org/api/timers.html#settimeoutcallback-delay-args
 */
const maxTimerMs = 2 ** 31 - 1;

export const realClock: Clock = {
  nowMs: () => Number(process.hrtime.bigint()) / 1e6,
  wallMs: () => Date.now(),
  async sleep(ms, signal) {
    for (let restMs = Math.max(0, ms); restMs >= 0; restMs -= maxTimerMs) {
      await waitForTimer(Math.min(restMs, maxTimerMs), signal);
    }
  },
  later(ms, run) {
    const wholeMs = Math.round(ms); // Node cuts a fraction off, so that 19.7 ms would become 19.
    const timer = setTimeout(run, Math.min(Math.max(0, wholeMs), maxTimerMs));
    return () => clearTimeout(timer);
  },
};

// `node:timers/promises` would build an error for each aborted wait.
function waitForTimer(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const abortTimer = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abortTimer);
      resolve();
    }, ms);
    signal.addEventListener('abort', abortTimer, { once: true });
  });
}

/** Parses a date. NaN if invalid. */
export function parseDateMs(date: string): number {
  return Date.parse(date);
}

/** Time for synchronous parts. */
export type SyncTiming = Pick<Clock, 'nowMs' | 'later'>;
