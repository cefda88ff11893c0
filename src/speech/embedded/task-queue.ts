import { unlessAborted } from '#src/base/waiting.ts';

/** Work that several may wait for: it is done once, and aborted when the last of them leaves before its end. */
export class SharedTask<T> {
  readonly #left = new AbortController();
  readonly #result: Promise<T>;
  #waiting = 0;
  #state: 'going on' | 'done' | 'failed' = 'going on';

  constructor(work: (signal: AbortSignal) => Promise<T>) {
    this.#result = work(this.#left.signal);
    this.#result.then(
      () => this.#end('done'),
      () => this.#end('failed'),
    );
  }

  /** Running or done; a task that failed or was abandoned has no output any more. */
  get useful(): boolean {
    return this.#state !== 'failed' && !this.#left.signal.aborted;
  }

  /** Errors: as the work. Aborting `signal` throws `signal.reason`. */
  async result(signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    this.#waiting++;
    try {
      return await unlessAborted(this.#result, signal);
    } finally {
      this.#waiting--;
      if (this.#waiting === 0 && this.#state === 'going on') this.#left.abort(signal.reason);
    }
  }

  #end(state: 'done' | 'failed'): void {
    this.#state = state;
  }
}
