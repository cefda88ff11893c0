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
class GrantedClock implements Clock {
  readonly #real;
  #grant: TimeGrant;
  /** Looks of each timer that is not due at the clock, with the way to forget the timer of the machine. */
  readonly #waiting = new Map<() => void, (() => void) | undefined>();

  constructor(real: Clock, grant: TimeGrant) {
    this.#real = real;
    this.#grant = grant;
  }

  nowMs() {
    const { untilMs, atMs, realMs, rate } = this.#grant;
    return Math.min(atMs + (this.#real.nowMs() - realMs) * rate, untilMs);
  }

  wallMs() {
    return this.#real.wallMs() - Math.floor(this.#real.nowMs() - this.nowMs());
  }

  grant(grant: TimeGrant) {
    const isOtherRate = grant.rate !== this.#grant.rate;
    this.#grant = grant;
    for (const [look, forget] of [...this.#waiting]) {
      if (forget && !isOtherRate) continue;
      forget?.();
      look();
    }
  }

  async sleep(ms: number, signal: AbortSignal) {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const forget = this.later(ms, resolve);
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', abort);
      forget();
    }
  }

  later(ms: number, run: () => void) {
    const dueMs = this.nowMs() + Math.max(0, ms);
    const wait = (restMs: number) =>
      this.#waiting.set(look, this.#real.later(restMs / this.#grant.rate, look));
    const look = () => {
      const nowMs = this.nowMs();
      if (dueMs - nowMs < earlyMs) {
        this.#waiting.delete(look);
        run();
      } else if (nowMs >= this.#grant.untilMs) this.#waiting.set(look, undefined);
      else wait(dueMs - nowMs);
    };
    wait(ms);
    return () => {
      this.#waiting.get(look)?.();
      this.#waiting.delete(look);
    };
  }
}

/** Makes the clock that all of this process is given a granted one. */
export function takeOverClock(grant: TimeGrant) {
  const granted = new GrantedClock({ ...realClock }, grant);
  realClock.nowMs = () => granted.nowMs();
  realClock.wallMs = () => granted.wallMs();
  realClock.sleep = (ms, signal) => granted.sleep(ms, signal);
  realClock.later = (ms, run) => granted.later(ms, run);
  return granted;
}
