/** Time for the inner rooms: a scenario may hand in one that it steps by hand. */
export interface Clock {
  /** Monotonic milliseconds; on one machine all processes count from the same instant. */
  nowMs(): number;
  /** Milliseconds since 1970, for people: dates and times of day. */
  wallMs(): number;
  /** Aborting `signal` throws `signal.reason`. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Calls `run` once after `ms`, to the nearest whole ms, 24.8 days at most; the returned function forgets it. */
  later(ms: number, run: () => void): () => void;
}

/** Node's longest timer, 24.8 days; a longer one would be cut to 1 ms. */
const longestTimerMs = 2 ** 31 - 1;

export const realClock: Clock = {
  nowMs: () => Number(process.hrtime.bigint()) / 1e6,
  wallMs: () => Date.now(),
  async sleep(ms, signal) {
    for (let restMs = Math.max(0, ms); restMs >= 0; restMs -= longestTimerMs) {
      await oneTimer(Math.min(restMs, longestTimerMs), signal);
    }
  },
  later(ms, run) {
    const wholeMs = Math.round(ms); // Node cuts it: 19.7 ms would be 19
    const timer = setTimeout(run, Math.min(Math.max(0, wholeMs), longestTimerMs));
    return () => clearTimeout(timer);
  },
};

/** Without the timers of `node:timers/promises`, which make an error of their own for each wait that is aborted. */
function oneTimer(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal.addEventListener('abort', abort, { once: true });
  });
}

/** Milliseconds since 1970 of a server's date; NaN where it is invalid. */
export function parsedMs(date: string): number {
  return Date.parse(date);
}
