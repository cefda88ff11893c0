import { waitUnlessAborted } from '#src/base/bounded-wait.ts';

/** Lets callers wait for a condition that messages from outside bring about. */
export class ConditionWait {
  #changed = Promise.withResolvers<void>();

  /** Wakes all callers of `waitUntil`, so that they check again. */
  notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /**
   * Waits for the first value of `read` that is not undefined. Aborting `signal` throws
   * its reason.
   */
  async waitUntil<T>(read: () => T | undefined, signal: AbortSignal): Promise<T> {
    for (;;) {
      signal.throwIfAborted();
      const value = read();
      if (value !== undefined) return value;
      await waitUnlessAborted(this.#changed.promise, signal);
    }
  }
}
