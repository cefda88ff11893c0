import type { Clock } from '#src/base/clock.ts';
import { type Database, openDatabase } from '#src/storage/database.ts';
import { createStoreHealth, type StoreEvent } from '#src/storage/store-health.ts';
import { storeKinds } from '#src/storage/store-kinds.ts';
import { migrateMs, migratePostgres } from './migrate-schema.ts';
import {
  createPostgresDriver,
  openForProgram,
  type PostgresConnection,
} from './postgres-driver.ts';

export type PostgresStoreOptions = PostgresConnection & {
  readonly clock: Clock;
  readonly report: (event: StoreEvent) => void;
};

/** Databases of the two stores. */
export type StoreDatabases = {
  readonly main: Database;
  readonly transcripts: Database;
};

/**
 * The stores in PostgreSQL, which several processes share. While the database is away, `report` hears of it once.
 *
 * Errors: BotError `store.misconfigured` where DATABASE_URL cannot work, `store.format`, `store.unreadable` where the database is not
 * reached: then the process is to be started again.
 */
export async function openPostgresStore({
  clock,
  report,
  ...connection
}: PostgresStoreOptions): Promise<StoreDatabases> {
  await using migrating = openForProgram(connection, migrateMs);
  await migratePostgres(migrating, storeKinds);
  const health = createStoreHealth('store-unwritten', clock, report);
  return {
    main: openDatabase({ driver: createPostgresDriver(connection), clock, health }),
    transcripts: openDatabase({ driver: createPostgresDriver(connection), clock }),
  };
}
