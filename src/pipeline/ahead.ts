/** Limit of items that wait between producer and reader. An item that begins below the limit may exceed it. */
export type Bound<T> = { readonly limit: number; readonly weigh: (item: T) => number };

/** Queue for the results of work that runs ahead. */
export interface BoundedQueue<T> {
  /** Waits until the unread items are below the limit. Throws the reason when the work has been stopped. */
  space(): Promise<void>;
  /** Adds an item. Never waits and never throws; a producer that must keep the bound awaits `space` first. */
  put(item: T): void;
}

/**
 * Starts `work` at once and lets its results be read later, in order, by one reader.
 *
 * An error of the work is thrown to the reader after all results before it, and ignored without a reader. A reader that
 * leaves stops the work through its signal. Aborting `signal` throws `signal.reason` at once, with results still unread.
 */
export function ahead<T>(
  bound: Bound<T>,
  work: (queue: BoundedQueue<T>, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): AsyncIterableIterator<T> {
  return new Ahead(bound, signal, work);
}

class Ahead<T> implements AsyncIterableIterator<T>, BoundedQueue<T> {
  readonly #bound: Bound<T>;
  readonly #signal: AbortSignal;
  /** Ends when the work ends in any way, and with it all that the work has started. */
  readonly #stop = new AbortController();
  readonly #items: T[] = [];
  #load = 0;
  #ended: { readonly error?: unknown } | undefined;
  #change: PromiseWithResolvers<void> | undefined;

  constructor(
    bound: Bound<T>,
    signal: AbortSignal,
    work: (queue: BoundedQueue<T>, signal: AbortSignal) => Promise<void>,
  ) {
    this.#bound = bound;
    this.#signal = signal;
    if (signal.aborted) this.#stop.abort(signal.reason);
    else void this.#run(work);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    for (;;) {
      this.#signal.throwIfAborted();
      const item = this.#items.shift();
      if (item !== undefined) {
        this.#load -= this.#bound.weigh(item);
        this.#notify();
        return { done: false, value: item };
      }
      if (this.#ended) {
        const { error } = this.#ended;
        this.#ended = {};
        if (error !== undefined) throw error;
        return { done: true, value: undefined };
      }
      await this.#changed();
    }
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#ended = {};
    this.#items.length = 0;
    this.#stop.abort();
    this.#notify();
    return { done: true, value: undefined };
  }

  async space(): Promise<void> {
    const { signal } = this.#stop;
    signal.throwIfAborted();
    while (this.#load >= this.#bound.limit) {
      await this.#changed();
      signal.throwIfAborted();
    }
  }

  put(item: T): void {
    if (this.#ended || this.#stop.signal.aborted) return;
    this.#load += this.#bound.weigh(item);
    this.#items.push(item);
    this.#notify();
  }

  async #run(work: (queue: BoundedQueue<T>, signal: AbortSignal) => Promise<void>): Promise<void> {
    const stop = () => {
      this.#stop.abort(this.#signal.reason);
      this.#notify();
    };
    this.#signal.addEventListener('abort', stop);
    try {
      await work(this, this.#stop.signal);
      this.#ended ??= {};
    } catch (error) {
      this.#ended ??= { error: error ?? new Error('The work threw nothing.') };
    } finally {
      this.#signal.removeEventListener('abort', stop);
      this.#stop.abort();
      this.#notify();
    }
  }

  #changed(): Promise<void> {
    this.#change ??= Promise.withResolvers();
    return this.#change.promise;
  }

  #notify(): void {
    this.#change?.resolve();
    this.#change = undefined;
  }
}
