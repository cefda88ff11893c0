import sql from 'sql-template-tag';
import {
  createDeadlineSignal,
  waitUnlessAborted,
  withTimeout,
} from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import type { AdmittedErasure } from '#src/base/erasures.ts';
import { BotError } from '#src/base/errors.ts';
import type { SqlDialect } from '#src/sql/columns.ts';
import { Connection, type PerformStatement } from '#src/sql/connection.ts';
import type { ErasedTrace, StoreDatabase, Work } from '#src/sql/store-database.ts';
import { ErasedBytes } from './sqlite/erased-bytes.ts';
import type { StoreHealth } from './store-health.ts';

/** One use of a connection, for the statements of one transaction. */
export interface DatabaseSession {
  /** Runs one statement. Throws BotError `store.*`. */
  readonly perform: PerformStatement;
  /** Gives the connection back. After a failure its transaction is rolled back. */
  end(hasFailed: boolean): void;
}

/** Access to a database. Throws BotError `store.*`, retryable if busy. */
export interface Driver extends AsyncDisposable {
  readonly dialect: SqlDialect;
  /** Path or address for the operator, without a password. */
  readonly place: string;
  /** Opens the database if need be, and begins a session. Sessions do not overlap. */
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

const [defaultDeadlineMs, defaultPatienceMs] = [10_000, 5_000];
/** Further waiting operations fail. */
const maxOperations = 10_000;
const retryMs = 200;
/** Longest wait while closing. */
const closeMs = 3_000;

export interface Database extends StoreDatabase {
  /** Opens the database, and resolves after the first attempt. Reports a failure. */
  open(): Promise<void>;
}

/**
 * Opens a database. Operations run in order, each within a deadline. Closing waits 3 s
 * for them.
 */
export function openDatabase(options: DatabaseOptions): Database {
  return new QueuedDatabase(options);
}

/** Runs operations of one database in order, over connections of a driver. */
class QueuedDatabase implements Database {
  readonly dialect: SqlDialect;
  readonly place: string;
  readonly #options: DatabaseOptions;
  readonly #deadlineMs: number;
  readonly #over = new AbortController();
  readonly #erasedBytes: ErasedBytes | undefined;
  /** End of the last operation in the queue. Never rejects. */
  #lastEnd = Promise.resolve();
  #waitingCount = 0;

  constructor(options: DatabaseOptions) {
    this.#options = options;
    this.#deadlineMs = options.deadlineMs ?? defaultDeadlineMs;
    this.dialect = options.driver.dialect;
    this.place = options.driver.place;
    if (this.dialect === 'sqlite')
      this.#erasedBytes = new ErasedBytes({
        place: this.place,
        clock: options.clock,
        signal: this.#over.signal,
        performBare: (work) => this.#performWork('bare', work),
      });
  }

  /** Opens the database by an empty read. A failure is reported, and later operations try again. */
  open(): Promise<void> {
    return this.#performWork('read', async () => undefined).catch(ignoreFailure);
  }

  /** Reads without retries, since people wait for the answer. */
  read<T>(work: Work<T>): Promise<T> {
    return this.#performWork('read', work);
  }

  /** Writes with retries within `patienceMs`, and reports the outcome to `health`. */
  write<T>(work: Work<T>): Promise<T> {
    const { health } = this.#options;
    const performWrite = () => this.#performWork('write', work);
    return health ? health.performWrite(performWrite) : performWrite();
  }

  /** Erases as it writes. */
  async erase(_erasure: AdmittedErasure, work: Work<number>): Promise<number> {
    const count = await this.write(work);
    if (count > 0) this.#erasedBytes?.noteErased();
    return count;
  }

  /** Overwrites nothing in PostgreSQL, which does so by itself in time. */
  async overwriteErased(leaves: ErasedTrace): Promise<void> {
    await this.#erasedBytes?.overwrite(leaves);
  }

  /** Waits 3 s for operations, fails the others, and closes the driver. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { clock, driver } = this.#options;
    const closed = new BotError(
      'store.unreadable',
      false,
      `The store ${this.place} is closed: start the bot again.`,
    );
    const waitFor = (end: PromiseLike<unknown>) =>
      withTimeout(Promise.resolve(end), closeMs, clock, () => closed).catch(
        ignoreFailure,
      );
    await waitFor(this.#lastEnd);
    this.#over.abort(closed);
    await waitFor(driver[Symbol.asyncDispose]());
  }

  async #performWork<T>(mode: Mode, work: Work<T>) {
    const silence = `The database ${this.place} did not answer in ${this.#deadlineMs / 1000} s: check the database and the network.`;
    using deadline = createDeadlineSignal(
      this.#deadlineMs,
      this.#options.clock,
      () => new BotError('store.unreadable', true, silence),
    );
    const signal = AbortSignal.any([deadline.signal, this.#over.signal]);
    try {
      return await waitUnlessAborted(this.#enqueueWork(mode, work, signal), signal);
    } catch (error) {
      throw mode === 'read' ? error : toWriteError(error);
    }
  }

  /** Begins work after the operations before it. Throws if too many of them wait. */
  #enqueueWork<T>(mode: Mode, work: Work<T>, signal: AbortSignal): Promise<T> {
    const { clock, patienceMs = defaultPatienceMs } = this.#options;
    const untilMs = clock.nowMs() + (mode === 'read' ? 0 : patienceMs);
    if (this.#waitingCount >= maxOperations) {
      throw new BotError(
        'store.unreadable',
        true,
        `Too many operations wait for the store ${this.place}, which is too slow or away for too long: check it.`,
      );
    }
    this.#waitingCount++;
    const attemptWork = () => runTransaction(this.#options, mode, work, signal);
    const done = this.#lastEnd.then(() =>
      retryUntil(attemptWork, untilMs, clock, signal),
    );
    this.#lastEnd = done.catch(ignoreFailure).then(() => void this.#waitingCount--);
    return done;
  }
}

/** Turns a failure to reach the store into one to write. Other failures stay. */
function toWriteError(error: unknown) {
  if (!(error instanceof BotError) || error.code !== 'store.unreadable') return error;
  const { cause, message, retryable } = error;
  return new BotError('store.unwritable', retryable, message, cause);
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
    () => health?.onOpened(),
    (error) => health?.onOpened(error),
  );
  const performWork = async () => {
    const session = await opening;
    const performStatement: PerformStatement = (...statement) => {
      signal.throwIfAborted(); // A late statement must not reach the next operation.
      return session.perform(...statement);
    };
    const connection = new Connection(driver.dialect, performStatement, () =>
      clock.wallMs(),
    );
    const begin = beginStatements[driver.dialect][mode];
    if (begin) await connection.run(begin);
    const result = await work(connection);
    if (begin) await connection.run(sql`COMMIT`);
    return result;
  };
  let hasFailed = true;
  try {
    const result = await waitUnlessAborted(performWork(), signal);
    hasFailed = false;
    return result;
  } finally {
    opening.then((session) => session.end(hasFailed)).catch(ignoreFailure);
  }
}

function ignoreFailure() {}
