import sql from 'sql-template-tag';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { within } from '#src/base/waiting.ts';
import type { StoreDatabase, Work } from '#src/sql/store-database.ts';
import { isSilent } from '#src/sql/trouble.ts';
import type { PostgresPool } from './pool.ts';
import { comesBack, hindranceBehind } from './postgres-trouble.ts';

/** Longest time, in ms, that a read waits for writes that were asked for before it. */
const behindMs = 2_000;
/** Longest time, in ms, for a portion of an erasure, which reads whole tables and may wait for others. */
const eraseMs = 40_000;
/** Time, in ms, until a write is tried again. */
const retryMs = 1_000;
/** Tries of a write that another program holds up with a lock; it fails then. */
const mostBusyTries = 6;
/** Writes that wait at a time; further ones fail at once. */
const mostWrites = 10_000;
/** Longest time, in ms, that closing waits for writes that still wait. */
const closeMs = 2_000;

/**
 * A pool whose writes take effect in the order in which they were asked for. A write waits while the database is away, and those
 * behind it wait for it; a read fails then.
 */
export class PostgresDatabase implements AsyncDisposable, StoreDatabase {
  readonly isShared = true;
  readonly place: string;
  readonly #pool: PostgresPool;
  readonly #clock: Clock;
  readonly #over = new AbortController();
  /** End of all writes so far; never rejects. */
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #isAway = false;

  constructor(pool: PostgresPool, clock: Clock) {
    this.place = pool.place;
    this.#pool = pool;
    this.#clock = clock;
  }

  get isAway(): boolean {
    return this.#isAway;
  }

  async read<T>(work: Work<T>): Promise<T> {
    const late = () => isSilent('store.unreadable', this.place, behindMs);
    await within(this.#last, behindMs, this.#clock, late);
    return await this.#pool.read(work);
  }

  /** Reads of one snapshot: a later read never combines with an outdated earlier one. */
  readTogether<T>(work: Work<T>): Promise<T> {
    return this.#pool.read(async (connection) => {
      await connection.run(sql`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`);
      const done = await work(connection); // what fails ends the connection, and so the transaction
      // Nothing depends on its answer, and what the connection does next comes after it.
      void connection.run(sql`COMMIT`).catch(ignore);
      return done;
    });
  }

  write<T>(work: Work<T>): Promise<T> {
    return this.#add(work);
  }

  writeNow<T>(work: Work<T>): Promise<T> {
    const written = this.#pool.write(work);
    this.#last = Promise.allSettled([this.#last, written]);
    return written;
  }

  async eraseInPortions<T>(portion: Work<T>, isMore: (done: T) => boolean): Promise<void> {
    while (isMore(await this.#add(portion, eraseMs)));
  }

  /** The owner of the database decides when erased bytes leave its disk. */
  async scrub(): Promise<void> {}

  /** Tries waiting writes for 2 s more, and then fails them and all later ones. The pool stays open. */
  async [Symbol.asyncDispose](): Promise<void> {
    const late = () => new Error('late');
    await within(this.#last, closeMs, this.#clock, late).catch(ignore);
    const message = `The database ${this.place} was closed before this was written.`;
    this.#over.abort(new BotError('store.unwritable', false, message));
    await this.#last;
  }

  async #add<T>(work: Work<T>, timeoutMs?: number): Promise<T> {
    if (this.#waiting >= mostWrites) {
      const message = `Too many writes wait for the database ${this.place}, which is too slow or away for too long: check it.`;
      throw new BotError('store.unwritable', true, message);
    }
    const fromMs = this.#clock.nowMs();
    const write = () =>
      this.#pool.write(
        (connection) => work(connection.writing(this.#clock.nowMs() - fromMs)),
        timeoutMs,
      );
    this.#waiting++;
    const done = this.#last.then(() => this.#persist(write));
    this.#last = done.catch(ignore).then(() => {
      this.#waiting--;
    });
    return await done;
  }

  /** Tries again while the database is away: it comes back, but a lock of another program may never be given back. */
  async #persist<T>(write: () => Promise<T>): Promise<T> {
    try {
      for (let tries = 1; ; tries++) {
        this.#over.signal.throwIfAborted();
        try {
          return await write();
        } catch (error) {
          const isHeld = hindranceBehind(error) === 'busy' && tries >= mostBusyTries;
          if (isHeld || !comesBack(error)) throw error;
        }
        this.#isAway = true;
        await this.#clock.sleep(retryMs, this.#over.signal);
      }
    } finally {
      this.#isAway = false;
    }
  }
}

function ignore(): void {}
