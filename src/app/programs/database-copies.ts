import { rmSync } from 'node:fs';
import { BotError } from '#src/base/errors.ts';
import { makeFolder } from '#src/base/make-folder.ts';
import type { Secret } from '#src/base/secret.ts';
import { toDatabaseCopyFolder } from '#src/storage/backups/copy-names.ts';
import type { Database } from '#src/storage/database.ts';
import { copyMs, copyToFiles } from '#src/storage/postgres/copies.ts';
import { migratePostgres, readFormats } from '#src/storage/postgres/migrate-schema.ts';
import { openForProgram } from '#src/storage/postgres/postgres-driver.ts';
import { mainStore, type StoreKind, storeKinds } from '#src/storage/store-kinds.ts';

/**
 * Copies stores of a database to SQLite files while `work` runs. `isMade` makes missing
 * tables. Throws BotError `store.*`.
 */
export async function useDatabaseCopies<T>(
  {
    url,
    dataDir,
    isMade,
  }: { readonly url: Secret; readonly dataDir: string; readonly isMade: boolean },
  kinds: readonly StoreKind[],
  work: (storesDir: string, database: Database) => T | Promise<T>,
): Promise<T> {
  await using database = openForProgram({ url }, copyMs);
  const read = isMade ? migratePostgres : readFormats;
  const formats = await read(database, storeKinds);
  if (!isMade && !formats.has(mainStore.name)) throw createNoStoreError(database.place);
  const storedKinds = kinds.filter(({ name }) => formats.has(name));
  const storesDir = toDatabaseCopyFolder(dataDir);
  try {
    rmSync(storesDir, { recursive: true, force: true });
    makeFolder(storesDir);
    await copyToFiles(database, storedKinds, storesDir);
    return await work(storesDir, database);
  } finally {
    rmSync(storesDir, { recursive: true, force: true });
  }
}

function createNoStoreError(location: string) {
  return new BotError(
    'store.unreadable',
    false,
    `There is no store in the database ${location} to copy: start the bot once, or correct DATABASE_URL.`,
  );
}
