import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { BotError } from '#src/base/errors.ts';
import { makeFolder } from '#src/base/make-folder.ts';
import { copyInto, DatabaseSync } from '#src/sql/sqlite.ts';
import { isBusy, isDamage, toStoreError } from '#src/sql/store-errors.ts';
import { storeFiles } from '#src/storage/data-dir/store-files.ts';
import { getPresentFormat } from '#src/storage/schema.ts';
import { copyName, toBackupsFolder } from './copy-names.ts';

const lockWaitMs = 10_000;

/**
 * Copies the store to a dated file in `folder`, and gives its path. The bot may run meanwhile.
 *
 * Waits inside for a locked store: for a program of its own. Errors: BotError `store.*`.
 */
export function backUpStore(from: string, folder: string, atWallMs: number): string {
  if (!existsSync(from)) {
    const message = `There is no store ${from} to copy: start the bot once, or set DATA_DIR.`;
    throw new BotError('store.unreadable', false, message);
  }
  const path = join(folder, copyName(from, atWallMs));
  let opened = from;
  try {
    using sqlite = new DatabaseSync(from, { timeout: lockWaitMs });
    opened = path;
    makeFolder(folder);
    copyInto(sqlite, `${path}.part`);
    renameSync(`${path}.part`, path); // it stands under its name only when it is complete
  } catch (error) {
    throw toStoreError(isBusy(error) || isDamage(error) ? from : opened, error);
  }
  return path;
}

/**
 * Copies each store of a former format before its next opening migrates it: the version that wrote it can restore the copy.
 *
 * Paths of the copies. Errors: BotError `store.*`; then nothing may be migrated.
 */
export function backUpFormerFormats(
  dataDir: string,
  atWallMs: number,
): readonly string[] {
  return storeFiles(dataDir)
    .filter(({ kind, version }) => version && version < getPresentFormat(kind.sqlite))
    .map(({ path }) => backUpStore(path, toBackupsFolder(dataDir), atWallMs));
}
