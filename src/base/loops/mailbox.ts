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

  /** Items that a full mailbox has dropped so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Adds an item, at the cost of the oldest one if the mailbox is full. Ignored after `end` or `fail`. */
  put(item: T): void {
    if (this.#ended) return;
    if (this.#items.length >= this.#limit) {
      this.#items.shift();
      this.#dropped++;
    }
    this.#items.push(item);
    this.#wake();
  }

  /** Ends `read` once it has yielded the items that are left. */
  end(): void {
    this.#ended ??= {};
    this.#wake();
  }

  /** Lets `read` throw `error` once it has yielded the items that are left. */
  fail(error: unknown): void {
    this.#ended ??= { error };
    this.#wake();
  }

  /** Only one reader at a time is allowed. Aborting `signal` throws `signal.reason`. */
  async *read(signal: AbortSignal): AsyncGenerator<T> {
    const wakeReader = () => this.#wake();
    signal.addEventListener('abort', wakeReader);
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
      signal.removeEventListener('abort', wakeReader);
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

/** Lets one loop wait until it is woken or its deadline passes. */
export class Wakeup {
  readonly #clock;
  #wasWoken = false;
  #resume: (() => void) | undefined;

  constructor(clock: Pick<Clock, 'later'>) {
    this.#clock = clock;
  }

  /** Ends the current wait, which returns true. Without one, the next wait returns true at its deadline. */
  wake(): void {
    this.#wasWoken = true;
    this.#resume?.();
  }

  /** Ends the current wait as its deadline would. Without one it does nothing. */
  end(): void {
    this.#resume?.();
  }

  /**
   * Waits for `ms` or a wake. Only one caller may wait. True if woken since the last
   * wait.
   */
  async wait(ms: number): Promise<boolean> {
    // An earlier wake does not shorten the wait, as the step since has seen its reason.
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#resume = resolve;
    const forget = Number.isFinite(ms) ? this.#clock.later(ms, resolve) : undefined;
    await promise;
    forget?.();
    this.#resume = undefined;
    const isWoken = this.#wasWoken;
    this.#wasWoken = false;
    return isWoken;
  }
}

/** Deletes the oldest entry if there are more than `maxEntries`. */
export function dropOldest<Key>(
  entries: Map<Key, unknown> | Set<Key>,
  maxEntries: number,
): void {
  const [oldest] = entries.keys();
  if (entries.size > maxEntries && oldest !== undefined) entries.delete(oldest);
}
