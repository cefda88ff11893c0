import { type Clock, realClock } from '#src/base/clock.ts';
import { openStores, type PostgresStores } from '#src/storage/postgres/keep-stores.ts';
import { migratePostgres } from '#src/storage/postgres/migrate.ts';
import { PostgresPool } from '#src/storage/postgres/pool.ts';
import { storesPart } from '#src/storage/postgres/stores/schema.ts';
import type { TestSchema } from '#test/fakes/postgres.ts';

/** The store of one process in a schema. */
export async function openIn(
  { url }: Pick<TestSchema, 'url'>,
  clock: Clock = realClock,
  settings: Readonly<Record<string, string>> = {},
): Promise<PostgresStores> {
  const pool = new PostgresPool({ url, settings, clock: realClock, mostConnections: 2 });
  await migratePostgres(pool, [storesPart]);
  return openStores(pool, clock);
}
