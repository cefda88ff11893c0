/** Lets callers wait for a condition that messages from outside bring about. */
export class ConditionWait {
  #waiting = new Set<() => void>();
  #ended: { readonly error: unknown } | undefined;

  /** Something changed: conditions are looked at again. */
  notify(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Nothing will change any more: everybody who waits, now or later, gets `error`. */
  end(error: unknown): void {
    this.#ended ??= { error };
    this.notify();
  }

  /** Aborting `signal` throws its reason. */
  async until(holds: () => boolean, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      if (this.#ended) throw this.#ended.error;
      if (holds()) return;
      await this.#change(signal);
    }
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }
}
