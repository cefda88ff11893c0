import sql, { type Sql } from 'sql-template-tag';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { deadlineSignal, unlessAborted, within } from '#src/base/waiting.ts';
import { integer, type SqlDialect } from '#src/sql/columns.ts';
import { Connection, type Statements } from '#src/sql/connection.ts';
import type { StoreDatabase, Work } from '#src/sql/store-database.ts';
import { isClosed, isSilent, type StoreCode, sqliteError } from '#src/sql/trouble.ts';
import { OperationQueue, retried } from './operation-queue.ts';
import type { StoreHealth } from './store-health.ts';

/** Session of a driver, for one operation. */
export interface Session extends Statements {
  /** To be called once; after a failure what was begun is rolled back. */
  end(hasFailed: boolean): void;
}

/** Access to one database. */
export interface Driver extends AsyncDisposable {
  readonly dialect: SqlDialect;
  readonly place: string;
  /** Errors: of the driver. */
  connect(): Promise<Session>;
  /** A failure of the database as a BotError; anything else comes back unchanged. */
  trouble(code: StoreCode, error: unknown): unknown;
  /** Whether a write that failed so may succeed soon. */
  mayPass(error: unknown): boolean;
}

type Mode = 'bare' | 'read' | 'write';

/** Statements that begin a transaction; none for what has to run outside of one. */
const begin: Readonly<Record<SqlDialect, Readonly<Partial<Record<Mode, Sql>>>>> = {
  sqlite: { read: sql`BEGIN`, write: sql`BEGIN IMMEDIATE` },
  postgres: {
    read: sql`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`,
    write: sql`BEGIN`,
  },
};

type TransactionOptions = {
  readonly clock: Clock;
  readonly code: StoreCode;
  readonly mode: Mode;
  readonly health?: StoreHealth | undefined;
};

/**
 * Performs `work` on a session of its own, wholly or not at all. Aborting `signal` throws its reason; then it is unknown whether it
 * was done. Errors: BotError with `code`.
 */
export async function transact<T>(
  driver: Driver,
  { clock, code, health, mode }: TransactionOptions,
  work: Work<T>,
  signal: AbortSignal,
): Promise<T> {
  const opening = driver.connect();
  opening.then(
    () => health?.opened(),
    (error) => health?.refused(driver.trouble('store.unreadable', error)),
  );
  const perform = async (session: Session) => {
    const statements = unlessLate(session, signal);
    const connection = new Connection(driver.dialect, statements, () => clock.wallMs());
    const beginning = begin[driver.dialect][mode];
    if (beginning) await connection.run(beginning);
    const done = await work(connection);
    if (beginning) await connection.run(sql`COMMIT`);
    return done;
  };
  try {
    const done = await unlessAborted(opening.then(perform), signal);
    (await opening).end(false);
    return done;
  } catch (error) {
    void opening.then((session) => session.end(true)).catch(() => undefined);
    throw recoded(code, driver.trouble(code, error));
  }
}

/** What is late does not reach the operation behind it. */
function unlessLate(session: Session, signal: AbortSignal): Statements {
  return {
    async all(...statement) {
      signal.throwIfAborted();
      return await session.all(...statement);
    },
    async run(...statement) {
      signal.throwIfAborted();
      return await session.run(...statement);
    },
  };
}

/** A failure to reach the database, as one of the operation. */
function recoded(code: StoreCode, error: unknown): unknown {
  if (!(error instanceof BotError) || error.code !== 'store.unreadable') return error;
  return new BotError(code, error.retryable, error.message, error.cause);
}

export type DatabaseOptions = {
  readonly driver: Driver;
  readonly clock: Clock;
  readonly health?: StoreHealth;
  /** Time, in ms, for which a write is tried again while the database is away or busy; default 5 s. */
  readonly patienceMs?: number;
  /** Ends all operations, and all later ones. */
  readonly until?: AbortSignal;
};

/** Longest time, in ms, for an operation, with its wait for those before it. */
const deadlineMs = 10_000;
/** Pause, in ms, before a write is tried again. */
const retryMs = 200;
/** Longest time, in ms, that closing waits for what was asked for before. */
const closeMs = 3_000;
/** Largest file, in bytes, that is written anew without what was deleted. */
const smallBytes = 32 * 2 ** 20;

/** Operations of one database: one at a time, in the order in which they were asked for. */
export class Database implements StoreDatabase {
  readonly dialect: SqlDialect;
  readonly place: string;
  readonly #options: DatabaseOptions;
  readonly #driver: Driver;
  readonly #queue: OperationQueue;
  readonly #over = new AbortController();

  constructor(options: DatabaseOptions) {
    const { driver, until } = options;
    this.dialect = driver.dialect;
    this.place = driver.place;
    this.#options = options;
    this.#driver = driver;
    this.#queue = new OperationQueue(driver.place);
    until?.addEventListener('abort', () => this.#over.abort(isClosed(this.place)));
  }

  /** Resolves once the database is open, or cannot be for now, which is told. */
  async open(): Promise<void> {
    await this.#perform('store.unreadable', 'read', async () => undefined).catch((error) => {
      if (!(error instanceof BotError)) throw error;
    });
  }

  read<T>(work: Work<T>): Promise<T> {
    return this.#perform('store.unreadable', 'read', work);
  }

  write<T>(work: Work<T>): Promise<T> {
    const write = () => this.#perform('store.unwritable', 'write', work);
    const { health } = this.#options;
    return health ? health.write(write) : write();
  }

  async erase<T>(portion: Work<T>, isMore: (done: T) => boolean): Promise<void> {
    while (isMore(await this.write(portion)));
    if (this.dialect === 'sqlite') await this.#perform('store.unwritable', 'bare', emptyLog);
  }

  async scrub(): Promise<void> {
    if (this.dialect === 'postgres' || this.place === ':memory:') return;
    await this.#perform('store.unwritable', 'bare', async (connection) => {
      const [file] = await connection.rows(
        { bytes: integer },
        sql`SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size`,
      );
      if (file && file.bytes <= smallBytes) await connection.run(sql`VACUUM`);
      await emptyLog(connection);
    });
  }

  /** Lets what was asked for before end, for 3 s, and fails the rest. */
  async [Symbol.asyncDispose](): Promise<void> {
    const inTime = (work: PromiseLike<unknown>) =>
      within(Promise.resolve(work), closeMs, this.#options.clock, () => new Error('late')).catch(
        () => undefined,
      );
    await inTime(this.#queue.ended);
    this.#over.abort(isClosed(this.place));
    await inTime(this.#driver[Symbol.asyncDispose]());
  }

  async #perform<T>(code: StoreCode, mode: Mode, work: Work<T>): Promise<T> {
    const { clock, health, patienceMs = 5_000 } = this.#options;
    const late = () => isSilent(code, this.place, deadlineMs);
    using deadline = deadlineSignal(deadlineMs, clock, late);
    const signal = AbortSignal.any([deadline.signal, this.#over.signal]);
    const untilMs = clock.nowMs() + (mode === 'read' ? 0 : patienceMs);
    const mayRetry = (error: unknown) => this.#driver.mayPass(error) && clock.nowMs() < untilMs;
    const done = this.#queue.add(code, () =>
      retried(
        () => transact(this.#driver, { clock, code, health, mode }, work, signal),
        { clock, everyMs: retryMs, mayRetry },
        signal,
      ),
    );
    try {
      return await unlessAborted(done, signal);
    } catch (error) {
      throw recoded(code, error);
    }
  }
}

/** Deleted bytes live on in the log of SQLite until it is emptied; a reader elsewhere keeps it from that for a moment. */
async function emptyLog(connection: Connection): Promise<void> {
  const [log] = await connection.rows({ busy: integer }, sql`PRAGMA wal_checkpoint(TRUNCATE)`);
  if (log?.busy === 1) throw sqliteError('ERR_SQLITE_ERROR', 5);
}
