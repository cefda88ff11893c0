import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { within } from '#src/base/waiting.ts';

export type WriteQueueOptions = {
  readonly clock: Clock;
  /** Host, port and name of the database, for sentences. */
  readonly place: string;
  /** Whether a write that failed so, after so many tries, is to be tried again: the database is away, and will come back. */
  readonly isAway: (error: unknown, tries: number) => boolean;
  /** Writes that wait at a time; further ones fail at once. Default 10,000. */
  readonly mostWrites?: number;
};

/** `ageMs`: time in ms since the write was asked for; what was written elsewhere since then is newer. */
type QueuedWork<T> = (ageMs: () => number) => Promise<T>;

type QueuedWrite = {
  /** Its end; never rejects. */
  readonly over: Promise<void>;
  /** Resolves when it, or a write that it waits for, has failed once and is to be tried again. */
  readonly stuck: Promise<void>;
};

/** Time, in ms, until a write is tried again. */
const retryMs = 1_000;
const standardWrites = 10_000;
/** Longest time, in ms, that closing waits for writes that still wait. */
const closeMs = 2_000;

/**
 * Writes that wait while the database is away, in the order in which they were asked for. Only those of one lane, say those
 * of one server, wait for each other.
 */
export class WriteQueue implements AsyncDisposable {
  readonly #options: WriteQueueOptions;
  readonly #over = new AbortController();
  /** The last write of each lane. */
  readonly #last = new Map<string, QueuedWrite>();
  #waiting = 0;
  #retrying = 0;

  constructor(options: WriteQueueOptions) {
    this.#options = options;
  }

  /** Whether something waits to be tried again. */
  get isAway(): boolean {
    return this.#retrying > 0;
  }

  /** Performs `work` after what came before it in its lanes. Errors: what `work` throws, unless the database is away. */
  async add<T>(lanes: readonly string[], work: QueuedWork<T>): Promise<T> {
    const { clock, mostWrites = standardWrites, place } = this.#options;
    this.#over.signal.throwIfAborted();
    if (this.#waiting >= mostWrites) {
      const message = `Too many writes wait for the database ${place}, which is too slow or away for too long: check it.`;
      throw new BotError('store.unwritable', true, message);
    }
    this.#waiting++;
    const fromMs = clock.nowMs();
    const stuck = Promise.withResolvers<void>();
    for (const lane of lanes) void this.#last.get(lane)?.stuck.then(stuck.resolve);
    const done = this.settled(lanes).then(() => this.#persist(work, fromMs, stuck.resolve));
    const over = done.then(ignore, ignore).then(() => {
      this.#waiting--;
    });
    for (const lane of lanes) this.#stand(lane, { over, stuck: stuck.promise });
    return await done;
  }

  /** Result of a write that waits for no other. What is asked for later in its lanes is performed after it. */
  async pass<T>(lanes: readonly string[], write: Promise<T>): Promise<T> {
    const over = write.then(ignore, ignore);
    for (const lane of lanes) {
      const before = this.#last.get(lane);
      const stuck = before?.stuck ?? Promise.withResolvers<void>().promise;
      this.#stand(lane, { over: Promise.all([before?.over, over]).then(ignore), stuck });
    }
    return await write;
  }

  /** Resolves when what was asked for before in these lanes is done or has failed. */
  async settled(lanes: readonly string[]): Promise<void> {
    await Promise.all(lanes.map((lane) => this.#last.get(lane)?.over));
  }

  /** Resolves like `settled`, but does not wait for a write that failed and is tried again, nor for those behind it. */
  async tried(lanes: readonly string[]): Promise<void> {
    const last = lanes.flatMap((lane) => this.#last.get(lane) ?? []);
    await Promise.all(last.map(({ over, stuck }) => Promise.race([over, stuck])));
  }

  /** Tries waiting writes for 2 s more, and then fails them. */
  async [Symbol.asyncDispose](): Promise<void> {
    const late = () => new Error('late');
    const all = this.settled([...this.#last.keys()]);
    await within(all, closeMs, this.#options.clock, late).catch(ignore);
    const message = `The database ${this.#options.place} was closed before this was written.`;
    this.#over.abort(new BotError('store.unwritable', false, message));
    await this.settled([...this.#last.keys()]);
  }

  async #persist<T>(work: QueuedWork<T>, fromMs: number, stuck: () => void): Promise<T> {
    let isRetrying = false;
    const retrying = () => {
      if (!isRetrying) this.#retrying++;
      isRetrying = true;
      stuck();
    };
    try {
      return await this.#perform(work, fromMs, retrying);
    } finally {
      if (isRetrying) this.#retrying--;
    }
  }

  async #perform<T>(work: QueuedWork<T>, fromMs: number, retrying: () => void): Promise<T> {
    const { clock, isAway } = this.#options;
    const { signal } = this.#over;
    for (let tries = 0; ; tries++) {
      if (tries > 0) await clock.sleep(retryMs, signal);
      signal.throwIfAborted();
      try {
        return await work(() => clock.nowMs() - fromMs);
      } catch (error) {
        if (!isAway(error, tries + 1)) throw error;
        retrying();
      }
    }
  }

  #stand(lane: string, write: QueuedWrite): void {
    this.#last.set(lane, write);
    void write.over.then(() => {
      if (this.#last.get(lane) === write) this.#last.delete(lane);
    });
  }
}

function ignore(): void {}
