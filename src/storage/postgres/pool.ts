import { randomUUID } from 'node:crypto';
import pg from 'pg';
import sql, { raw } from 'sql-template-tag';
import type { Clock } from '#src/base/clock.ts';
import { unlessAborted, within } from '#src/base/waiting.ts';
import type { StoreCode } from '#src/sql/store-part.ts';
import { isSilent } from '#src/sql/trouble.ts';
import {
  type ConnectionOptions,
  connectionOptions,
  placeOf,
  statementMs,
} from './connection-options.ts';
import { PostgresConnection } from './postgres-connection.ts';
import { asPostgresTrouble, isClosed } from './postgres-trouble.ts';

export type PoolOptions = ConnectionOptions & {
  readonly clock: Clock;
  /** Most connections at a time; default 8. */
  readonly mostConnections?: number;
  /** Told of the end of every operation: how it failed, or that it did not. */
  readonly onResult?: (error: unknown) => void;
};

/** Work on one connection. */
type SqlWork<T> = (connection: PostgresConnection) => Promise<T>;

/** A connection that is unused for so long, in ms, is closed. */
const idleMs = 30_000;
const standardConnections = 8;
/** Longest time, in ms, that closing waits for the server. */
const closeMs = 3_000;
/** Longest time, in ms, that closing waits where the process has no time left. */
const endMs = 300;

/**
 * Connections to one PostgreSQL database, made when they are needed. What fails is a BotError with a sentence; the next
 * operation takes a new connection where its own is gone, so that a database that comes back is used at once.
 */
export class PostgresPool implements AsyncDisposable {
  /** Host, port and name of the database, for sentences. */
  readonly place: string;
  /** This process, as writer. */
  readonly writer = randomUUID();
  readonly #pool: pg.Pool;
  readonly #clock: Clock;
  readonly #onResult: (error: unknown) => void;
  readonly #ended = new AbortController();
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.place = placeOf(options.url);
    this.#clock = options.clock;
    this.#onResult = options.onResult ?? ignore;
    this.#pool = new pg.Pool({
      ...connectionOptions(options),
      max: options.mostConnections ?? standardConnections,
      idleTimeoutMillis: idleMs,
      allowExitOnIdle: true,
    });
    // An idle connection was lost: the next operation on it fails.
    this.#pool.on('error', ignore);
    this.#pool.on('connect', (client) => client.on('error', ignore));
  }

  /** Errors: BotError `store.unreadable`. */
  read<T>(work: SqlWork<T>, timeoutMs = statementMs): Promise<T> {
    return this.#use('store.unreadable', timeoutMs, work);
  }

  /** Does all of `work` or nothing of it; without an answer it is unknown which. Errors: BotError `store.unwritable`. */
  write<T>(work: SqlWork<T>, timeoutMs = statementMs): Promise<T> {
    const wholly = (connection: PostgresConnection) => inTransaction(connection, timeoutMs, work);
    return this.#use('store.unwritable', timeoutMs, wholly);
  }

  /** Fails all operations after `ms`, and all later ones: the process ends. */
  endWithin(ms: number): void {
    this.#clock.later(ms, () => this.#ended.abort(new Error('the process ends')));
  }

  /** Ends every connection; operations that wait for one fail. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const late = () => new Error('the database does not answer');
    const mostMs = this.#ended.signal.aborted ? endMs : closeMs;
    await within(this.#pool.end(), mostMs, this.#clock, late).catch(ignore);
  }

  async #use<T>(code: StoreCode, timeoutMs: number, work: SqlWork<T>): Promise<T> {
    const { signal } = this.#ended;
    if (this.#isClosed || signal.aborted) throw isClosed(code, this.place);
    let client: pg.PoolClient | undefined;
    let isOver = false;
    const done = this.#pool.connect().then((taken) => {
      if (!isOver) client = taken;
      else taken.release();
      if (isOver) throw isClosed(code, this.place);
      return work(new PostgresConnection(taken, this.writer));
    });
    try {
      const late = () => isSilent(code, this.place, timeoutMs);
      const result = await within(unlessAborted(done, signal), timeoutMs, this.#clock, late);
      client?.release();
      this.#onResult(undefined);
      return result;
    } catch (error) {
      const trouble =
        error === signal.reason
          ? isClosed(code, this.place)
          : asPostgresTrouble(code, this.place, error);
      // Whatever state it is in: a new connection costs milliseconds.
      client?.release(true);
      this.#onResult(trouble);
      throw trouble;
    } finally {
      isOver = true;
    }
  }
}

/** All of `work` or nothing of it. The server gives it as much time for a statement as the whole has. */
async function inTransaction<T>(
  connection: PostgresConnection,
  timeoutMs: number,
  work: SqlWork<T>,
): Promise<T> {
  const limit = timeoutMs === statementMs ? '' : `; SET LOCAL statement_timeout = ${timeoutMs}`;
  await connection.run(raw(`BEGIN${limit}`));
  const done = await work(connection); // what fails ends the connection, and so the transaction
  await connection.run(sql`COMMIT`);
  return done;
}

function ignore(): void {}
