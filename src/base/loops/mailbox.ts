/**
 * A bounded hand-over between a producer that must not wait and one consumer that pulls.
 *
 * When full, the oldest item is dropped and counted: late sound is worth less than present sound.
 */
export class Mailbox<T> {
  readonly #limit: number;
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

  #changed(): Promise<void> {
    this.#change ??= Promise.withResolvers();
    return this.#change.promise;
  }

  #wake(): void {
    this.#change?.resolve();
    this.#change = undefined;
  }
}
