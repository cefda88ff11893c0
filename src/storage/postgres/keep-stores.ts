import type { Clock } from '#src/base/clock.ts';
import { type Database, openDatabase } from '#src/storage/database.ts';
import { type StoreEvent, StoreHealth } from '#src/storage/store-health.ts';
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

export type PostgresStores = {
  /** Consents, settings and sums. */
  readonly main: Database;
  readonly transcripts: Database;
};

/**
 * Opens stores in PostgreSQL that processes share. Throws BotError
 * `store.misconfigured`, `store.format`, or `store.unreadable`, after which the process
 * has to restart.
 */
export async function openPostgresStore({
  clock,
  report,
  ...connection
}: PostgresStoreOptions): Promise<PostgresStores> {
  await using migrating = openForProgram(connection, migrateMs);
  await migratePostgres(migrating, storeKinds);
  const health = new StoreHealth('store-unwritten', clock, report);
  return {
    main: openDatabase({ driver: createPostgresDriver(connection), clock, health }),
    transcripts: openDatabase({ driver: createPostgresDriver(connection), clock }),
  };
}
