import type { Clock } from '#src/base/clock.ts';

/**
 * A bounded hand-over between a producer that must not wait and one consumer that pulls.
 *
 * When full, the oldest item is dropped and counted: late sound is worth less than present sound.
 */
export class Mailbox<T> {
  readonly #limit;
  #items: T[] = [];
  #change: PromiseWithResolvers<void> | undefined;
  #ended: { readonly error?: unknown } | undefined;
  #dropped = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get dropped(): number {
    return this.#dropped;
  }

  put(item: T): void {
    if (this.#ended) return;
    if (this.#items.length >= this.#limit) {
      this.#items.shift();
      this.#dropped++;
    }
    this.#items.push(item);
    this.#wake();
  }

  /** Ends the reader once it has taken all items. */
  end(): void {
    this.#ended ??= {};
    this.#wake();
  }

  /** Throws `error` to the reader once it has taken all items. */
  fail(error: unknown): void {
    this.#ended ??= { error };
    this.#wake();
  }

  /** One reader at a time; two would share the items. Aborting `signal` throws `signal.reason`. */
  async *read(signal: AbortSignal): AsyncGenerator<T> {
    const wake = () => this.#wake();
    signal.addEventListener('abort', wake);
    try {
      for (;;) {
        signal.throwIfAborted();
        if (this.#items.length > 0) yield this.#items.shift() as T;
        else if (this.#ended) {
          if ('error' in this.#ended) throw this.#ended.error;
          return;
        } else await this.#changed();
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  #changed() {
    this.#change ??= Promise.withResolvers();
    return this.#change.promise;
  }

  #wake() {
    this.#change?.resolve();
    this.#change = undefined;
  }
}

/** Wait of one loop between its steps: a call of `wake` ends it, or time does. No timer runs without a deadline. */
export class Wakeup {
  readonly #clock;
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
