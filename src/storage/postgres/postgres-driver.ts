import pg, { type ClientConfig } from 'pg';
import { realClock } from '#src/base/clock.ts';
import type { Secret } from '#src/base/secret.ts';
import { type Database, type Driver, openDatabase } from '#src/storage/database.ts';
import { toPostgresError } from './postgres-errors.ts';

export type PostgresConnection = {
  readonly url: Secret;
  /** Names the connection in `pg_stat_activity`; default `parley`. */
  readonly applicationName?: string;
  /** Further settings of the server for this connection, as `-c name=value`. */
  readonly settings?: string;
};

/** Longest time, in ms, until a connection is open. */
const connectMs = 5_000;

/**
 * Settings of every connection; times are in ms or s. A process that stands still in a transaction holds its row locks for 5 s at most,
 * and a peer that is gone without a word is noticed after 11 s. Compiling a statement would take half a second of what takes 2 ms.
 */
const usualSettings =
  '-c statement_timeout=10000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=5000 -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 -c client_min_messages=warning -c jit=off';

/** Options of a `pg` client. Options that stand in the URL, say a search path, come first. */
export function toClientConfig({
  url,
  applicationName = 'parley',
  settings = '',
}: PostgresConnection): ClientConfig {
  const address = new URL(url.reveal());
  const { searchParams } = address;
  const theirs = searchParams.get('options') ?? '';
  searchParams.set('options', `${theirs} ${usualSettings} ${settings}`.trim());
  return {
    connectionString: address.href,
    application_name: applicationName,
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
  };
}

/** The database as people know it: host, port and name, without user and password. */
export function describePlace(url: Secret): string {
  const { host, pathname, searchParams } = new URL(url.reveal());
  return `${host || searchParams.get('host')}${pathname}`;
}

/**
 * A connection to a PostgreSQL database, made when it is needed; after a failure there is a new one. No statement has a prepared
 * name: poolers in transaction mode lose such statements.
 */
export function createPostgresDriver(options: PostgresConnection): Driver {
  const place = describePlace(options.url);
  const pool = new pg.Pool({
    ...toClientConfig(options),
    max: 1,
    allowExitOnIdle: true,
  });
  // A connection was lost: the next operation takes another.
  pool.on('error', ignoreEndError);
  pool.on('connect', (client) => client.on('error', ignoreEndError));
  const failQuery = (cause: unknown) => {
    throw toPostgresError(place, cause);
  };
  return {
    dialect: 'postgres',
    place,

    async connect() {
      const client = await pool.connect().catch(failQuery);
      return {
        async perform(text, values) {
          const { rowCount, rows } = await client
            .query(text, [...values])
            .catch(failQuery);
          return { rows, changes: rowCount ?? 0 };
        },
        end: (hasFailed) => client.release(hasFailed),
      };
    },

    [Symbol.asyncDispose]: () => pool.end(),
  };
}

/** A database for operations that take up to `deadlineMs`, and are not tried again. */
export function openForProgram(
  connection: PostgresConnection,
  deadlineMs: number,
): Database {
  const settings = `-c lock_timeout=${deadlineMs} -c statement_timeout=${deadlineMs}`;
  const driver = createPostgresDriver({ ...connection, settings });
  return openDatabase({ driver, clock: realClock, deadlineMs, patienceMs: 0 });
}

function ignoreEndError() {}
