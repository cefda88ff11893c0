import { waitUnlessAborted } from '#src/base/bounded-wait.ts';

/** Lets callers wait for something that messages from outside bring about. */
export function createConditionWait() {
  let changed = Promise.withResolvers<void>();

  return {
    /** Wakes all callers of `waitUntil`, so that they check again. */
    notify() {
      changed.resolve();
      changed = Promise.withResolvers();
    },

    /**
     * Waits for the first value of `read` that is not undefined. Aborting `signal` throws
     * its reason.
     */
    async waitUntil<T>(read: () => T | undefined, signal: AbortSignal): Promise<T> {
      for (;;) {
        signal.throwIfAborted();
        const value = read();
        if (value !== undefined) return value;
        await waitUnlessAborted(changed.promise, signal);
      }
    },
  };
}
