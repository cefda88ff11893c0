import type { Clock } from '#src/base/clock.ts';

/** Wait of one loop between its steps: a call of `wake` ends it, or time does. No timer runs without a deadline. */
export class Wakeup {
  readonly #clock: Pick<Clock, 'later'>;
  #isWoken = false;
  #go: (() => void) | undefined;

  constructor(clock: Pick<Clock, 'later'>) {
    this.#clock = clock;
  }

  /** Ends the wait. */
  wake(): void {
    this.#isWoken = true;
    this.#go?.();
  }

  /** Ends the present wait, if there is one, as its deadline would: it does not count as woken. */
  end(): void {
    this.#go?.();
  }

  /**
   * Resolves after `ms`, or as soon as it is woken; an infinite `ms` is no deadline. True where it was woken since the last
   * wait, also during the step before this one, which has seen why: that alone ends no wait. One waits at a time.
   */
  async wait(ms: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#go = resolve;
    const forget = Number.isFinite(ms) ? this.#clock.later(ms, resolve) : undefined;
    await promise;
    forget?.();
    this.#go = undefined;
    const isWoken = this.#isWoken;
    this.#isWoken = false;
    return isWoken;
  }
}
