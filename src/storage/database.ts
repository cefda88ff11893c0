import sql from 'sql-template-tag';
import {
  createDeadlineSignal,
  waitUnlessAborted,
  withTimeout,
} from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { integer, type SqlDialect } from '#src/sql/columns.ts';
import { createConnection, type PerformStatement } from '#src/sql/connection.ts';
import type { StoreDatabase, Work } from '#src/sql/store-database.ts';
import { createPathTakenError } from '#src/sql/store-errors.ts';
import type { StoreHealth } from './store-health.ts';

/** Session of a driver, for one operation. */
export interface DatabaseSession {
  readonly perform: PerformStatement;
  /** To be called once; after a failure what was begun is rolled back. */
  end(hasFailed: boolean): void;
}

/** Access to one database. Errors: BotError `store.*`, retryable where trying again soon may help. */
export interface Driver extends AsyncDisposable {
  readonly dialect: SqlDialect;
  readonly place: string;
  connect(): Promise<DatabaseSession>;
}

/** Statements that begin a transaction; none for what has to run outside of one. */
const beginStatements = {
  sqlite: { bare: undefined, read: sql`BEGIN`, write: sql`BEGIN IMMEDIATE` },
  postgres: {
    bare: undefined,
    read: sql`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`,
    write: sql`BEGIN`,
  },
};
type Mode = keyof typeof beginStatements.sqlite;

export type DatabaseOptions = {
  readonly driver: Driver;
  readonly clock: Clock;
  readonly health?: StoreHealth;
  /** Longest time, in ms, for an operation, with its wait for those before it; default 10 s. */
  readonly deadlineMs?: number;
  /** Time, in ms, for which a write is tried again while the database is away or busy; default 5 s. */
  readonly patienceMs?: number;
};

const [usualDeadlineMs, usualPatienceMs] = [10_000, 5_000];
/** Operations that wait at a time; further ones fail at once. */
const mostOperations = 10_000;
/** Pause, in ms, before a write is tried again. */
const retryMs = 200;
/** Longest time, in ms, that closing waits for what was asked for before. */
const closeMs = 3_000;
/** Largest file, in bytes, that is written anew without what was deleted. */
const smallBytes = 32 * 2 ** 20;

export interface Database extends StoreDatabase {
  /** Resolves once the database is open, or cannot be for now, which is told. */
  open(): Promise<void>;
}

/**
 * One database. Its operations are performed one at a time, in the order in which they were asked for; none waits longer than its
 * deadline. Closing it lets what was asked for before end, for 3 s, and fails the rest.
 */
export function openDatabase(options: DatabaseOptions): Database {
  const { clock, deadlineMs = usualDeadlineMs, driver, health } = options;
  const { dialect, place } = driver;
  const over = new AbortController();
  /** End of all operations so far; never rejects. */
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  /** Performs `work` behind all that was asked for before. */
  async function performWork<T>(mode: Mode, work: Work<T>): Promise<T> {
    const silence = `The database ${place} did not answer in ${deadlineMs / 1000} s: check the database and the network.`;
    const createLateError = () => new BotError('store.unreadable', true, silence);
    using deadline = createDeadlineSignal(deadlineMs, clock, createLateError);
    const signal = AbortSignal.any([deadline.signal, over.signal]);
    const patienceMs = mode === 'read' ? 0 : (options.patienceMs ?? usualPatienceMs);
    const untilMs = clock.nowMs() + patienceMs;
    try {
      if (waiting >= mostOperations) {
        const message = `Too many operations wait for the store ${place}, which is too slow or away for too long: check it.`;
        throw new BotError('store.unreadable', true, message);
      }
      waiting++;
      const attemptWork = () => runTransaction(options, mode, work, signal);
      const done = last.then(() => retryUntil(attemptWork, untilMs, clock, signal));
      last = done.catch(ignoreFailure).then(() => void waiting--);
      return await waitUnlessAborted(done, signal);
    } catch (error) {
      const isOurs = error instanceof BotError && error.code === 'store.unreadable';
      if (mode === 'read' || !isOurs) throw error;
      throw new BotError(
        'store.unwritable',
        error.retryable,
        error.message,
        error.cause,
      );
    }
  }

  async function emptyLog() {
    if (dialect === 'postgres') return;
    await performWork('bare', async (connection) => {
      const [log] = await connection.rows(
        { busy: integer },
        sql`PRAGMA wal_checkpoint(TRUNCATE)`,
      );
      if (log?.busy === 1) throw createPathTakenError(place); // of a reader elsewhere, for a moment
    });
  }

  return {
    dialect,
    place,
    emptyLog,

    open: () => performWork('read', async () => undefined).catch(ignoreFailure),

    read: (work) => performWork('read', work),

    write(work) {
      const writeRow = () => performWork('write', work);
      return health ? health.write(writeRow) : writeRow();
    },

    async scrub() {
      if (dialect === 'postgres') return;
      await performWork('bare', async (connection) => {
        const [file] = await connection.rows(
          { bytes: integer },
          sql`SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size`,
        );
        if (file && file.bytes <= smallBytes) await connection.run(sql`VACUUM`);
      });
      await emptyLog();
    },

    async [Symbol.asyncDispose]() {
      const message = `The store ${place} is closed: start the bot again.`;
      const closed = new BotError('store.unreadable', false, message);
      const waitFor = (end: PromiseLike<unknown>) =>
        withTimeout(Promise.resolve(end), closeMs, clock, () => closed).catch(
          ignoreFailure,
        );
      await waitFor(last);
      over.abort(closed);
      await waitFor(driver[Symbol.asyncDispose]());
    },
  };
}

/** Tries until an attempt succeeds, or it is too late or vain to try again. Aborting `signal` throws its reason. */
async function retryUntil<T>(
  attempt: () => Promise<T>,
  untilMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      const mayPass = error instanceof BotError && error.retryable;
      if (!mayPass || clock.nowMs() >= untilMs) throw error;
    }
    await clock.sleep(retryMs, signal);
  }
}

/** Performs `work` on a session of its own, wholly or not at all. Aborting `signal` throws its reason; then that is unknown. */
async function runTransaction<T>(
  { clock, driver, health }: DatabaseOptions,
  mode: Mode,
  work: Work<T>,
  signal: AbortSignal,
): Promise<T> {
  const opening = driver.connect();
  opening.then(
    () => health?.opened(),
    (error) => health?.opened(error),
  );
  const performWork = async () => {
    const session = await opening;
    const performing: PerformStatement = (...statement) => {
      signal.throwIfAborted(); // what is late does not reach the operation behind it
      return session.perform(...statement);
    };
    const connection = createConnection(driver.dialect, performing, () =>
      clock.wallMs(),
    );
    const beginning = beginStatements[driver.dialect][mode];
    if (beginning) await connection.run(beginning);
    const done = await work(connection);
    if (beginning) await connection.run(sql`COMMIT`);
    return done;
  };
  let hasFailed = true;
  try {
    const done = await waitUnlessAborted(performWork(), signal);
    hasFailed = false;
    return done;
  } finally {
    opening.then((session) => session.end(hasFailed)).catch(ignoreFailure);
  }
}

function ignoreFailure() {}
