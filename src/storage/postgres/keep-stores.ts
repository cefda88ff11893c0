import type { Clock } from '#src/base/clock.ts';
import { openDatabase } from '#src/storage/database.ts';
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

/**
 * Opens stores in PostgreSQL that processes share. Throws BotError
 * `store.misconfigured`, `store.format`, or `store.unreadable`, after which the process
 * has to restart.
 */
export async function openPostgresStore({
  clock,
  report,
  ...connection
}: PostgresStoreOptions) {
  await using migrating = openForProgram(connection, migrateMs);
  await migratePostgres(migrating, storeKinds);
  const health = createStoreHealth('store-unwritten', clock, report);
  return {
    main: openDatabase({ driver: createPostgresDriver(connection), clock, health }),
    transcripts: openDatabase({ driver: createPostgresDriver(connection), clock }),
  };
}
