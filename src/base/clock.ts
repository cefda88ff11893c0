import { setTimeout as wait } from 'node:timers/promises';

/** Time for the inner rooms: a scenario may hand in one that it steps by hand. */
export interface Clock {
  /** Monotonic milliseconds; on one machine all processes count from the same instant. */
  nowMs(): number;
  /** Milliseconds since 1970, for people: dates and times of day. */
  wallMs(): number;
  /** Aborting `signal` throws `signal.reason`. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Node's longest timer, 24.8 days; what is longer it would cut to 1 ms. */
const longestTimerMs = 2 ** 31 - 1;

export const realClock: Clock = {
  nowMs: () => Number(process.hrtime.bigint()) / 1e6,
  wallMs: () => Date.now(),
  async sleep(ms, signal) {
    signal.throwIfAborted();
    try {
      for (let restMs = Math.max(0, ms); restMs >= 0; restMs -= longestTimerMs) {
        await wait(Math.min(restMs, longestTimerMs), undefined, { signal });
      }
    } catch (cause) {
      signal.throwIfAborted();
      throw cause;
    }
  },
};

/** Milliseconds since 1970 of a date as servers write it; NaN where it is none. */
export function parsedMs(date: string): number {
  return Date.parse(date);
}
