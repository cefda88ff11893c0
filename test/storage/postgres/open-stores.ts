import { type Clock, realClock } from '#src/base/clock.ts';
import { openDatabase } from '#src/storage/database.ts';
import { migratePostgres } from '#src/storage/postgres/migrate-schema.ts';
import { createPostgresDriver } from '#src/storage/postgres/postgres-driver.ts';
import { mainStore } from '#src/storage/store-kinds.ts';
import { createStores } from '#src/stores/store-parts.ts';
import type { TestSchema } from '#test/fakes/postgres.ts';

/** The store of one process in a schema. */
export async function openPostgresStores(
  { url }: Pick<TestSchema, 'url'>,
  clock: Clock = realClock,
  settings = '',
) {
  const driver = createPostgresDriver({ url, settings });
  const database = openDatabase({ driver, clock });
  await migratePostgres(database, [mainStore]);
  return createStores(database);
}
