import type { Clock } from '#src/base/clock.ts';

/**
 * Bounded queue between a producer that must not wait and one consumer. A full mailbox drops its
 * oldest item, since late sound is worth less.
 *
 * @example
 * import { Mailbox } from '#src/base/loops/mailbox.ts';
 *
 * const mailbox = new Mailbox<string>(2);
 * for (const word of ['one', 'two', 'three']) mailbox.put(word);
 * mailbox.end();
 * await Array.fromAsync(mailbox.read(new AbortController().signal)); // ['two', 'three']
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

  put(item: T) {
    if (this.#ended) return;
    if (this.#items.length >= this.#limit) {
      this.#items.shift();
      this.#dropped++;
    }
    this.#items.push(item);
    this.#wake();
  }

  end() {
    this.#ended ??= {};
    this.#wake();
  }

  fail(error: unknown) {
    this.#ended ??= { error };
    this.#wake();
  }

  /** Only one reader at a time is allowed. Aborting `signal` throws `signal.reason`. */
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
        } else await this.#waitForChange();
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  #waitForChange() {
    this.#change ??= Promise.withResolvers();
    return this.#change.promise;
  }

  #wake() {
    this.#change?.resolve();
    this.#change = undefined;
  }
}

export type Wakeup = ReturnType<typeof createWakeup>;

/** Lets one loop wait until it is woken or its deadline passes. */
export function createWakeup(clock: Pick<Clock, 'later'>) {
  let wasWoken = false;
  let resume: (() => void) | undefined;

  return {
    wake() {
      wasWoken = true;
      resume?.();
    },

    end() {
      resume?.();
    },

    /**
     * Waits for `ms` or a wake. Only one caller may wait. True if woken since the last
     * wait.
     */
    async wait(ms: number): Promise<boolean> {
      // An earlier wake does not shorten the wait, as the step since has seen its reason.
      const { promise, resolve } = Promise.withResolvers<void>();
      resume = resolve;
      const forget = Number.isFinite(ms) ? clock.later(ms, resolve) : undefined;
      await promise;
      forget?.();
      resume = undefined;
      const isWoken = wasWoken;
      wasWoken = false;
      return isWoken;
    },
  };
}

/** Deletes the oldest entry if there are more than `most`. */
export function dropOldest<Key>(all: Map<Key, unknown> | Set<Key>, most: number) {
  const [oldest] = all.keys();
  if (all.size > most && oldest !== undefined) all.delete(oldest);
}
