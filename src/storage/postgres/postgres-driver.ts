import pg from 'pg';
import { realClock } from '#src/base/clock.ts';
import type { StoreCode } from '#src/sql/trouble.ts';
import { Database, type Driver, type Session } from '#src/storage/database.ts';
import { type ConnectionOptions, connectionOptions, placeOf } from './connection-options.ts';
import { asPostgresTrouble, comesBack } from './postgres-trouble.ts';

/**
 * A connection to a PostgreSQL database, made when it is needed; after a failure there is a new one. No statement has a prepared
 * name: poolers in transaction mode lose such statements.
 */
export class PostgresDriver implements Driver {
  readonly dialect = 'postgres';
  /** Host, port and name of the database. */
  readonly place: string;
  readonly #pool: pg.Pool;

  constructor(options: ConnectionOptions) {
    this.place = placeOf(options.url);
    this.#pool = new pg.Pool({
      ...connectionOptions(options),
      max: 1,
      allowExitOnIdle: true,
    });
    // A connection was lost: the next operation takes another.
    this.#pool.on('error', ignore);
    this.#pool.on('connect', (client) => client.on('error', ignore));
  }

  async connect(): Promise<Session> {
    const client = await this.#pool.connect();
    return {
      async perform(text, values) {
        const { rowCount, rows } = await client.query(text, [...values]);
        return { rows, changes: rowCount ?? 0 };
      },
      end: (hasFailed) => client.release(hasFailed),
    };
  }

  trouble(code: StoreCode, error: unknown): unknown {
    return asPostgresTrouble(code, this.place, error);
  }

  mayPass(error: unknown): boolean {
    return comesBack(error);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#pool.ending) await this.#pool.end();
  }
}

/** A database for operations that take up to `deadlineMs`, and are not tried again. */
export function openForProgram(connection: ConnectionOptions, deadlineMs: number): Database {
  const settings = { lock_timeout: `${deadlineMs}`, statement_timeout: `${deadlineMs}` };
  const driver = new PostgresDriver({ ...connection, settings });
  return new Database({ driver, clock: realClock, deadlineMs, patienceMs: 0 });
}

function ignore(): void {}
