import { rmSync } from 'node:fs';
import { realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { makeFolder } from '#src/base/make-folder.ts';
import type { Secret } from '#src/base/secret.ts';
import { type BackupKind, backupKinds } from '#src/storage/backups/backup-kinds.ts';
import { databaseCopyFolder } from '#src/storage/backups/copy-names.ts';
import { copyToFiles } from '#src/storage/postgres/copies.ts';
import {
  migratePostgres,
  readFormats,
  refuseFormerFormats,
} from '#src/storage/postgres/migrate.ts';
import { PostgresPool } from '#src/storage/postgres/pool.ts';
import { storesPart } from '#src/storage/postgres/stores/schema.ts';
import { transcriptsPart } from '#src/storage/postgres/transcripts/schema.ts';

/**
 * Copies the stores of a database to files of SQLite, and gives their folder to `work`, after which they are gone. With `isMade`
 * the tables are made where they are not there. Errors: BotError `store.*`.
 */
export async function withDatabaseCopies<T>(
  {
    url,
    dataDir,
    isMade,
  }: { readonly url: Secret; readonly dataDir: string; readonly isMade: boolean },
  kinds: readonly BackupKind[],
  work: (storesDir: string, pool: PostgresPool) => T | Promise<T>,
): Promise<T> {
  await using pool = new PostgresPool({ url, clock: realClock, mostConnections: 1 });
  const parts = [storesPart, transcriptsPart];
  const before = await readFormats(pool, parts);
  refuseFormerFormats(parts, before, pool.place);
  if (isMade) await migratePostgres(pool, parts);
  else if (!before.has(storesPart.name)) throw noStore(pool.place);
  const there = kinds.filter((_, n) => before.has(parts[n]?.name ?? ''));
  const storesDir = databaseCopyFolder(dataDir);
  try {
    rmSync(storesDir, { recursive: true, force: true });
    makeFolder(storesDir);
    await copyToFiles(pool, there, storesDir);
    return await work(storesDir, pool);
  } finally {
    rmSync(storesDir, { recursive: true, force: true });
  }
}

/** Kinds of copies that are wanted, in the order of the parts of a database. */
export function wantedKinds(withTranscripts: boolean): readonly BackupKind[] {
  return backupKinds.slice(0, withTranscripts ? 2 : 1);
}

function noStore(place: string): BotError {
  const message = `There is no store in the database ${place} to copy: start the bot once, or correct DATABASE_URL.`;
  return new BotError('store.unreadable', false, message);
}
