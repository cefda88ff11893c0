import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { StoreCode } from '#src/sql/trouble.ts';

/** Operations that wait at a time; further ones fail at once. */
const mostOperations = 10_000;

/** Operations of a database: each begins when the one before it has ended. */
export class OperationQueue {
  readonly #place: string;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(place: string) {
    this.#place = place;
  }

  /** End of all operations so far; never rejects. */
  get ended(): Promise<unknown> {
    return this.#last;
  }

  /** Errors: those of `work`, and BotError where too many operations wait. */
  async add<T>(code: StoreCode, work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= mostOperations) {
      const message = `Too many operations wait for the store ${this.#place}, which is too slow or away for too long: check it.`;
      throw new BotError(code, true, message);
    }
    this.#waiting++;
    const done = this.#last.then(work);
    this.#last = done.catch(ignore).then(() => {
      this.#waiting--;
    });
    return await done;
  }
}

export type RetryOptions = {
  readonly everyMs: number;
  readonly mayRetry: (error: unknown) => boolean;
  readonly clock: Clock;
};

/** Tries again until it succeeds, or may not be tried again. Aborting `signal` throws `signal.reason`. */
export async function retried<T>(
  work: () => Promise<T>,
  { clock, everyMs, mayRetry }: RetryOptions,
  signal: AbortSignal,
): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (!mayRetry(error)) throw error;
    }
    await clock.sleep(everyMs, signal);
  }
}

function ignore(): void {}
