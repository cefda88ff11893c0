import { type Clock, realClock } from '#src/base/clock.ts';

/**
 * Instant up to which time may pass. It was `atMs` when the machine's clock showed `realMs`, and since then passes `rate` times
 * as fast.
 */
export type TimeGrant = {
  readonly untilMs: number;
  readonly atMs: number;
  readonly realMs: number;
  readonly rate: number;
};

/** A timer that is less early than this counts as due, in ms. */
const earlyMs = 1.5;

/** A clock that keeps to its rate up to the instant that it was granted, and stands still there until the next grant. */
function createGrantedClock(real: Clock, grant: TimeGrant) {
  /** Looks of each timer that is not due at the clock, with the way to forget the timer of the machine. */
  const waiting = new Map<() => void, (() => void) | undefined>();
  let present = grant;

  function readNowMs() {
    const { untilMs, atMs, realMs, rate } = present;
    return Math.min(atMs + (real.nowMs() - realMs) * rate, untilMs);
  }

  function runLater(ms: number, run: () => void) {
    const dueMs = readNowMs() + Math.max(0, ms);
    const waitUntilDue = (restMs: number) =>
      waiting.set(lookAtClock, real.later(restMs / present.rate, lookAtClock));
    const lookAtClock = () => {
      const nowMs = readNowMs();
      if (dueMs - nowMs < earlyMs) {
        waiting.delete(lookAtClock);
        run();
      } else if (nowMs >= present.untilMs) waiting.set(lookAtClock, undefined);
      else waitUntilDue(dueMs - nowMs);
    };
    waitUntilDue(ms);
    return () => {
      waiting.get(lookAtClock)?.();
      waiting.delete(lookAtClock);
    };
  }

  return {
    nowMs: readNowMs,

    wallMs() {
      return real.wallMs() - Math.floor(real.nowMs() - readNowMs());
    },

    grantTime(grant: TimeGrant) {
      const isOtherRate = grant.rate !== present.rate;
      present = grant;
      for (const [look, forget] of [...waiting]) {
        if (forget && !isOtherRate) continue;
        forget?.();
        look();
      }
    },

    async sleep(ms: number, signal: AbortSignal) {
      signal.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const forget = runLater(ms, resolve);
      const abortWait = () => reject(signal.reason);
      signal.addEventListener('abort', abortWait, { once: true });
      try {
        await promise;
      } finally {
        signal.removeEventListener('abort', abortWait);
        forget();
      }
    },
    later: runLater,
  };
}

/** Makes the clock that all of this process is given a granted one. */
export function takeOverClock(grant: TimeGrant) {
  const granted = createGrantedClock({ ...realClock }, grant);
  realClock.nowMs = () => granted.nowMs();
  realClock.wallMs = () => granted.wallMs();
  realClock.sleep = (ms, signal) => granted.sleep(ms, signal);
  realClock.later = (ms, run) => granted.later(ms, run);
  return granted;
}
