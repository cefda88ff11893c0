import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { PortionStore } from '#src/spending/ledger/total-portion.ts';
import { Database } from '#src/storage/database.ts';
import { retried } from '#src/storage/operation-queue.ts';
import { type StoreEvent, StoreHealth } from '#src/storage/store-health.ts';
import { storeKinds } from '#src/storage/store-kinds.ts';
import { PostgresPortions } from '#src/storage/stores/spending-portions.ts';
import { type Store, sqlStores } from '#src/storage/stores/store-parts.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { migratePostgres } from './migrate.ts';
import { PostgresDriver } from './postgres-driver.ts';

export type PostgresStoreOptions = ConnectionOptions & {
  readonly clock: Clock;
  readonly report: (event: StoreEvent) => void;
  /** Ends all operations, and all later ones. */
  readonly until?: AbortSignal;
};

/** The store in PostgreSQL, which several processes share. */
export type PostgresStores = {
  readonly store: Store;
  readonly portions: PortionStore;
  readonly transcripts: Database;
};

/** Longest time, in ms, that the start waits for a database that cannot be reached. */
const startMs = 60_000;
const retryMs = 2_000;

/**
 * The stores in PostgreSQL. While the database is away, `report` hears of it once.
 *
 * Errors: BotError `store.misconfigured` where DATABASE_URL cannot work, `store.format`, `store.unreadable` where the database was not
 * reached for 60 s. Aborting `signal` throws `signal.reason`.
 */
export async function openPostgresStore(
  { clock, report, until, ...connection }: PostgresStoreOptions,
  signal: AbortSignal,
): Promise<PostgresStores> {
  const health = new StoreHealth('store-unwritten', clock, report);
  const driver = new PostgresDriver(connection);
  const untilMs = clock.nowMs() + startMs;
  const mayRetry = (error: unknown) => {
    if (!(error instanceof BotError) || !error.retryable) return false;
    health.refused(error);
    return clock.nowMs() + retryMs <= untilMs;
  };
  try {
    const migrate = () => migratePostgres(driver, storeKinds);
    await retried(migrate, { everyMs: retryMs, mayRetry, clock }, signal);
  } catch (error) {
    await driver[Symbol.asyncDispose]();
    throw misconfigured(error);
  }
  const database = new Database({ driver, clock, health, until });
  return {
    store: sqlStores(database),
    portions: new PostgresPortions(database),
    transcripts: new Database({ driver: new PostgresDriver(connection), clock, until }),
  };
}

function misconfigured(error: unknown): unknown {
  if (!(error instanceof BotError) || error.retryable || error.code === 'store.format')
    return error;
  return new BotError('store.misconfigured', false, error.message, error.cause);
}
