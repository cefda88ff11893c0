import { randomUUID } from 'node:crypto';
import sql from 'sql-template-tag';
import type { Clock } from '#src/base/clock.ts';
import { within } from '#src/base/waiting.ts';
import { id, instant } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import { eraseMs, type StoreDatabase, type Work } from '#src/sql/store-database.ts';
import { table } from '#src/sql/table.ts';
import { isSilent } from '#src/sql/trouble.ts';
import type { PostgresPool } from './pool.ts';
import { comesBack, hindranceBehind } from './postgres-trouble.ts';
import { WriteQueue } from './write-queue.ts';

/** Longest time, in ms, that a read waits for writes that were asked for before it. */
const behindMs = 2_000;
/** A write that another program holds up with a lock is tried so often, within about 40 s, and fails then. */
const mostBusyTries = 6;
/** Old notes of what was done are deleted with every so many new ones. */
const notesApart = 500;
/** Longest time, in ms, that such a note is needed. */
const noteMs = 86_400_000;

/** Keys of writes that are not done twice. A file of SQLite has no such table: its commits always have an answer. */
export const appliedWrites = table(
  'applied_writes',
  { id, atMs: instant },
  {
    key: ['id'],
    indexes: { applied_writes_by_time: ['atMs'] },
    person: { forget: 'nothing' },
    server: { forget: 'nothing' },
  },
);

/**
 * A pool whose operations of one lane, say one server, take effect in the order in which they were asked for. A write waits
 * while the database is away; a read fails then.
 */
export class OrderedDatabase implements AsyncDisposable, StoreDatabase {
  readonly isShared = true;
  readonly pool: PostgresPool;
  readonly #queue: WriteQueue;
  readonly #clock: Clock;
  #notes = 0;

  constructor(pool: PostgresPool, clock: Clock) {
    this.pool = pool;
    this.#clock = clock;
    this.#queue = new WriteQueue({ clock, place: pool.place, isAway: mayRetry });
  }

  get place(): string {
    return this.pool.place;
  }

  /** Whether writes wait because the database cannot be reached. */
  get isAway(): boolean {
    return this.#queue.isAway;
  }

  /** Reads without waiting for writes that failed and are tried again: stored values are better than none. */
  async readPast<T>(lanes: readonly string[], work: Work<T>): Promise<T> {
    return await this.#readAfter(this.#queue.tried(lanes), work);
  }

  /** After every write that was asked for before in these lanes. Errors: BotError `store.unreadable`. */
  async read<T>(lanes: readonly string[], work: Work<T>): Promise<T> {
    return await this.#readAfter(this.#queue.settled(lanes), work);
  }

  /** Reads of one snapshot: a later read never combines with an outdated earlier one. */
  readTogether<T>(work: Work<T>): Promise<T> {
    return this.pool.search(async (connection) => {
      await connection.run(sql`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`);
      const done = await work(connection); // what fails ends the connection, and so the transaction
      // Nothing depends on its answer, and what the connection does next comes after it.
      void connection.run(sql`COMMIT`).catch(ignore);
      return done;
    });
  }

  writeNow<T>(work: Work<T>, lanes: readonly string[] = [], timeoutMs?: number): Promise<T> {
    return this.#queue.pass(lanes, this.pool.write(work, timeoutMs));
  }

  /**
   * Writes with work that may be done twice: after a commit without an answer it is unknown whether it was done, and it is done
   * again. Errors: BotError `store.unwritable`.
   */
  write<T>(lanes: readonly string[], work: Work<T>): Promise<T> {
    return this.#queue.add(lanes, (ageMs) =>
      this.pool.write((connection) => work(connection.aged(ageMs()))),
    );
  }

  eraseInPortions<T>(
    lanes: readonly string[] | undefined,
    portion: Work<T>,
    isMore: (done: T) => boolean,
  ): Promise<void> {
    const all = async () => {
      while (isMore(await this.pool.write(portion, eraseMs)));
    };
    return lanes ? this.#queue.add(lanes, all) : all();
  }

  /** Writes with a key, so that the work knows whether it is done for the first time: sums must not be added twice. */
  writeOnce<T>(
    lanes: readonly string[],
    work: (connection: Connection, isFirst: boolean) => Promise<T>,
  ): Promise<T> {
    const key = randomUUID();
    return this.write(lanes, async (connection) => {
      const noted = await connection.insert(appliedWrites, [{ id: key }], {
        with: { atMs: connection.now },
        conflict: sql`ON CONFLICT DO NOTHING`,
      });
      if (this.#notes++ % notesApart === 0) {
        const oldestMs = sql`SELECT ${connection.now} - ${noteMs}`; // as a selection it is computed once
        await connection.run(sql`DELETE FROM applied_writes WHERE at_ms < (${oldestMs})`);
      }
      return await work(connection, noted > 0);
    });
  }

  /** The owner of the database decides when erased bytes leave its disk. */
  async scrub(): Promise<void> {}

  async #readAfter<T>(before: Promise<void>, work: Work<T>): Promise<T> {
    const late = () => isSilent('store.unreadable', this.pool.place, behindMs);
    await within(before, behindMs, this.#clock, late);
    return await this.pool.read(work);
  }

  /** Tries waiting writes for a moment more; afterwards nothing is written. The pool stays open. */
  async settle(): Promise<void> {
    await this.#queue[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.settle();
    await this.pool[Symbol.asyncDispose]();
  }
}

/** A lock of another program may never be given back; a database that is away comes back. */
function mayRetry(error: unknown, tries: number): boolean {
  return comesBack(error) && (hindranceBehind(error) !== 'busy' || tries < mostBusyTries);
}

function ignore(): void {}
