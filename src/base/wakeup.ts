import type { Clock } from './clock.ts';

/** What one loop waits for between its steps: somebody wakes it, or time does. No timer runs without a deadline. */
export class Wakeup {
  readonly #clock: Pick<Clock, 'later'>;
  #isWoken = false;
  #go: (() => void) | undefined;

  constructor(clock: Pick<Clock, 'later'>) {
    this.#clock = clock;
  }

  /** Whoever waits goes on. */
  wake(): void {
    this.#isWoken = true;
    this.#go?.();
  }

  /** Ends the present wait, if there is one, as its deadline would: nobody counts as woken. */
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
