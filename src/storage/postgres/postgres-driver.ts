import pg, { type ClientConfig } from 'pg';
import { realClock } from '#src/base/clock.ts';
import type { Secret } from '#src/base/secret.ts';
import { type Database, type Driver, openDatabase } from '#src/storage/database.ts';
import { toPostgresError } from './postgres-errors.ts';

export type PostgresConnection = {
  readonly url: Secret;
  /** Name in `pg_stat_activity`, by default `parley`. */
  readonly applicationName?: string;
  /** Settings of this connection, as `-c name=value`. */
  readonly settings?: string;
};

/** Longest time to connect. */
const connectMs = 5_000;

/**
 * A stopped process holds row locks for 5 s, and a lost peer is noticed after 11 s. JIT
 * would take half a second of a statement of 2 ms.
 */
const defaultSettings =
  '-c statement_timeout=10000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=5000 -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 -c client_min_messages=warning -c jit=off';

/** Builds options of a connection. Those in the URL win. */
export function toClientConfig({
  url,
  applicationName = 'parley',
  settings = '',
}: PostgresConnection): ClientConfig {
  const address = new URL(url.reveal());
  const { searchParams } = address;
  const ownerSettings = searchParams.get('options') ?? '';
  searchParams.set('options', `${ownerSettings} ${defaultSettings} ${settings}`.trim());
  return {
    connectionString: address.href,
    application_name: applicationName,
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
  };
}

/** Returns host and database of an address, without user and password. */
export function describePlace(url: Secret): string {
  const { host, pathname, searchParams } = new URL(url.reveal());
  return `${host || searchParams.get('host')}${pathname}`;
}

/** Connects on demand, and again after a failure. */
export function createPostgresDriver(options: PostgresConnection): Driver {
  // Statements have no prepared names, which poolers in transaction mode lose.
  const place = describePlace(options.url);
  const pool = new pg.Pool({
    ...toClientConfig(options),
    max: 1,
    allowExitOnIdle: true,
  });
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

/** Opens a database without retries for a program. */
export function openForProgram(
  connection: PostgresConnection,
  deadlineMs: number,
): Database {
  const settings = `-c lock_timeout=${deadlineMs} -c statement_timeout=${deadlineMs}`;
  const driver = createPostgresDriver({ ...connection, settings });
  return openDatabase({ driver, clock: realClock, deadlineMs, patienceMs: 0 });
}

function ignoreEndError() {}
