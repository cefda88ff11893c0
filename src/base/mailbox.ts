/**
 * A bounded hand-over between a producer that must not wait and one consumer that pulls.
 *
 * When full, the oldest item is dropped and counted: what is heard late is worth less than what is heard now.
 */
export class Mailbox<T> {
  readonly #limit: number;
  #items: T[] = [];
  #wake: (() => void) | undefined;
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
    this.#rouse();
  }

  /** What is inside is still delivered; then the reader ends. */
  end(): void {
    this.#ended ??= {};
    this.#rouse();
  }

  /** What is inside is still delivered; then the reader throws `error`. */
  fail(error: unknown): void {
    this.#ended ??= { error };
    this.#rouse();
  }

  /** One reader at a time. Aborting `signal` throws `signal.reason`. */
  async *read(signal: AbortSignal): AsyncGenerator<T> {
    const rouse = () => this.#rouse();
    signal.addEventListener('abort', rouse);
    try {
      for (;;) {
        signal.throwIfAborted();
        const item = this.#items.shift();
        if (item !== undefined) yield item;
        else if (this.#ended) {
          if ('error' in this.#ended) throw this.#ended.error;
          return;
        } else await this.#next();
      }
    } finally {
      signal.removeEventListener('abort', rouse);
    }
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #rouse(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
