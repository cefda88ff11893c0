/**
 * A bounded hand-over between a producer that must not wait and one consumer that pulls.
 *
 * When full, the oldest item is dropped and counted: what is heard late is worth less than what is heard now.
 */
export class Mailbox<T> {
  readonly #limit: number;
  #items: T[] = [];
  #bell: PromiseWithResolvers<void> | undefined;
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
    this.#ring();
  }

  /** Ends the reader once it has taken what is inside. */
  end(): void {
    this.#ended ??= {};
    this.#ring();
  }

  /** Throws `error` to the reader once it has taken what is inside. */
  fail(error: unknown): void {
    this.#ended ??= { error };
    this.#ring();
  }

  /** One reader at a time; two would share the items. Aborting `signal` throws `signal.reason`. */
  async *read(signal: AbortSignal): AsyncGenerator<T> {
    const ring = () => this.#ring();
    signal.addEventListener('abort', ring);
    try {
      for (;;) {
        signal.throwIfAborted();
        if (this.#items.length > 0) yield this.#items.shift() as T;
        else if (this.#ended) {
          if ('error' in this.#ended) throw this.#ended.error;
          return;
        } else await this.#rung();
      }
    } finally {
      signal.removeEventListener('abort', ring);
    }
  }

  #rung(): Promise<void> {
    this.#bell ??= Promise.withResolvers();
    return this.#bell.promise;
  }

  #ring(): void {
    this.#bell?.resolve();
    this.#bell = undefined;
  }
}
