import { type Clock, realClock } from '#src/base/clock.ts';

/** Instant up to which time may pass, and how far this clock is behind the machine's, in ms. */
export type TimeGrant = { readonly untilMs: number; readonly lagMs: number };

/** A timer that is less early than this counts as due, in ms. */
const earlyMs = 1.5;

/** A clock that keeps to real time up to the instant that it was granted, and stands still there until the next grant. */
export class GrantedClock implements Clock {
  readonly #real: Clock;
  #grant: TimeGrant;
  #standing: (() => void)[] = [];

  constructor(real: Clock, grant: TimeGrant) {
    this.#real = real;
    this.#grant = grant;
  }

  nowMs(): number {
    return Math.min(this.#real.nowMs() - this.#grant.lagMs, this.#grant.untilMs);
  }

  wallMs(): number {
    return this.#real.wallMs() - Math.floor(this.#real.nowMs() - this.nowMs());
  }

  grant(grant: TimeGrant): void {
    this.#grant = grant;
    const standing = this.#standing;
    this.#standing = [];
    for (const check of standing) check();
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
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

  later(ms: number, run: () => void): () => void {
    const dueMs = this.nowMs() + Math.max(0, ms);
    let isForgotten = false;
    let forget: (() => void) | undefined;
    const check = () => {
      if (isForgotten) return;
      const nowMs = this.nowMs();
      if (dueMs - nowMs < earlyMs) run();
      else if (nowMs >= this.#grant.untilMs) this.#standing.push(check);
      else forget = this.#real.later(dueMs - nowMs, check);
    };
    forget = this.#real.later(ms, check);
    return () => {
      isForgotten = true;
      forget?.();
    };
  }
}

/** Makes the clock that all of this process is given a granted one. */
export function takeOverClock(grant: TimeGrant): GrantedClock {
  const granted = new GrantedClock({ ...realClock }, grant);
  realClock.nowMs = () => granted.nowMs();
  realClock.wallMs = () => granted.wallMs();
  realClock.sleep = (ms, signal) => granted.sleep(ms, signal);
  realClock.later = (ms, run) => granted.later(ms, run);
  return granted;
}
