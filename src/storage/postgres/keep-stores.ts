import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { Database } from '#src/storage/database.ts';
import { type StoreEvent, StoreHealth } from '#src/storage/store-health.ts';
import { storeKinds } from '#src/storage/store-kinds.ts';
import { migrateMs, migratePostgres } from './migrate.ts';
import { type ConnectionOptions, openForProgram, PostgresDriver } from './postgres-driver.ts';

export type PostgresStoreOptions = ConnectionOptions & {
  readonly clock: Clock;
  readonly report: (event: StoreEvent) => void;
  /** Ends all operations, and all later ones. */
  readonly until?: AbortSignal;
};

/** Databases of the two stores. */
export type StoreDatabases = { readonly main: Database; readonly transcripts: Database };

/** Longest time, in ms, that the start waits for a database that cannot be reached. */
const startMs = 60_000;
const retryMs = 2_000;

/**
 * The stores in PostgreSQL, which several processes share. While the database is away, `report` hears of it once.
 *
 * Errors: BotError `store.misconfigured` where DATABASE_URL cannot work, `store.format`, `store.unreadable` where the database was not
 * reached for 60 s. Aborting `signal` throws `signal.reason`.
 */
export async function openPostgresStore(
  { clock, report, until, ...connection }: PostgresStoreOptions,
  signal: AbortSignal,
): Promise<StoreDatabases> {
  const health = new StoreHealth('store-unwritten', clock, report);
  const untilMs = clock.nowMs() + startMs;
  await using migrating = openForProgram(connection, migrateMs);
  for (;;) {
    try {
      await migratePostgres(migrating, storeKinds);
      break;
    } catch (error) {
      if (!(error instanceof BotError)) throw error;
      if (!error.retryable) throw misconfigured(error);
      health.refused(error);
      if (clock.nowMs() + retryMs > untilMs) throw error;
    }
    await clock.sleep(retryMs, signal);
  }
  const driver = () => new PostgresDriver(connection);
  return {
    main: new Database({ driver: driver(), clock, health, until }),
    transcripts: new Database({ driver: driver(), clock, until }),
  };
}

function misconfigured({ cause, code, message }: BotError): BotError {
  const own = code === 'store.format' ? code : 'store.misconfigured';
  return new BotError(own, false, message, cause);
}
