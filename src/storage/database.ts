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

export interface DatabaseSession {
  readonly perform: PerformStatement;
  end(hasFailed: boolean): void;
}

/** Access to a database. Throws BotError `store.*`, retryable if busy. */
export interface Driver extends AsyncDisposable {
  readonly dialect: SqlDialect;
  readonly place: string;
  connect(): Promise<DatabaseSession>;
}

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
  /** Limit of an operation including its wait, by default 10 s. */
  readonly deadlineMs?: number;
  /** Time for retries of a write, by default 5 s. */
  readonly patienceMs?: number;
};

const [usualDeadlineMs, usualPatienceMs] = [10_000, 5_000];
/** Further waiting operations fail. */
const mostOperations = 10_000;
const retryMs = 200;
/** Longest wait while closing. */
const closeMs = 3_000;
/** Largest file that is rewritten after a deletion. */
const smallBytes = 32 * 2 ** 20;

export interface Database extends StoreDatabase {
  /** Opens the database, and resolves after the first attempt. Reports a failure. */
  open(): Promise<void>;
}

/**
 * Opens a database. Operations run in order, each within a deadline. Closing waits 3 s
 * for them.
 */
export function openDatabase(options: DatabaseOptions): Database {
  const { clock, deadlineMs = usualDeadlineMs, driver, health } = options;
  const { dialect, place } = driver;
  const over = new AbortController();
  /** Never rejects. */
  let last = Promise.resolve();
  let waiting = 0;

  async function performWork<T>(mode: Mode, work: Work<T>) {
    const silence = `The database ${place} did not answer in ${deadlineMs / 1000} s: check the database and the network.`;
    using deadline = createDeadlineSignal(
      deadlineMs,
      clock,
      () => new BotError('store.unreadable', true, silence),
    );
    const signal = AbortSignal.any([deadline.signal, over.signal]);
    const patienceMs = mode === 'read' ? 0 : (options.patienceMs ?? usualPatienceMs);
    const untilMs = clock.nowMs() + patienceMs;
    try {
      if (waiting >= mostOperations) {
        throw new BotError(
          'store.unreadable',
          true,
          `Too many operations wait for the store ${place}, which is too slow or away for too long: check it.`,
        );
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
      if (log?.busy === 1) throw createPathTakenError(place); // A reader elsewhere may be busy.
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
      const closed = new BotError(
        'store.unreadable',
        false,
        `The store ${place} is closed: start the bot again.`,
      );
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

/** Retries an attempt while useful and in time. */
async function retryUntil<T>(
  attempt: () => Promise<T>,
  untilMs: number,
  clock: Clock,
  signal: AbortSignal,
) {
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

/** Runs work atomically in a session. After an abort the result is unknown. */
async function runTransaction<T>(
  { clock, driver, health }: DatabaseOptions,
  mode: Mode,
  work: Work<T>,
  signal: AbortSignal,
) {
  const opening = driver.connect();
  opening.then(
    () => health?.opened(),
    (error) => health?.opened(error),
  );
  const performWork = async () => {
    const session = await opening;
    const performing: PerformStatement = (...statement) => {
      signal.throwIfAborted(); // A late statement must not reach the next operation.
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
