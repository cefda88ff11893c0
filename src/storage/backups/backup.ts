import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { BotError } from '#src/base/errors.ts';
import { makeFolder } from '#src/base/make-folder.ts';
import { copyInto, DatabaseSync } from '#src/sql/sqlite.ts';
import { isBusy, isDamage, toStoreError } from '#src/sql/store-errors.ts';
import { listStoreFiles } from '#src/storage/data-dir/store-files.ts';
import { getPresentFormat } from '#src/storage/schema.ts';
import { formatCopyName, toBackupsFolder } from './copy-names.ts';

const lockWaitMs = 10_000;

/**
 * Copies a store to a dated file while the bot runs. Waits inside for locks. Throws
 * BotError `store.*`.
 */
export function backUpStore(from: string, folder: string, atWallMs: number): string {
  if (!existsSync(from)) {
    throw new BotError(
      'store.unreadable',
      false,
      `There is no store ${from} to copy: start the bot once, or set DATA_DIR.`,
    );
  }
  const path = join(folder, formatCopyName(from, atWallMs));
  let opened = from;
  try {
    using sqlite = new DatabaseSync(from, { timeout: lockWaitMs });
    opened = path;
    makeFolder(folder);
    copyInto(sqlite, `${path}.part`);
    renameSync(`${path}.part`, path); // Only a complete copy gets the final name.
  } catch (error) {
    throw toStoreError(isBusy(error) || isDamage(error) ? from : opened, error);
  }
  return path;
}

/** Copies stores before a migration. A BotError `store.*` forbids the migration. */
export function backUpFormerFormats(
  dataDir: string,
  atWallMs: number,
): readonly string[] {
  return listStoreFiles(dataDir)
    .filter(({ kind, version }) => version && version < getPresentFormat(kind.sqlite))
    .map(({ path }) => backUpStore(path, toBackupsFolder(dataDir), atWallMs));
}
