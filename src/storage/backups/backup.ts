import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BotError } from '#src/base/errors.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { asTrouble, isBusy, isDamage } from '#src/sql/trouble.ts';
import { rangeOf, versionIn } from '#src/storage/schema.ts';
import { backupKinds } from './backup-kinds.ts';
import { backupsFolder, byTime, copyName, isCopyName } from './copy-names.ts';
import { eraseForgottenSince } from './erase-from-copies.ts';

const keptBackups = 7;
const lockWaitMs = 10_000;

export type BackUpOptions = {
  /** Whether copies beyond the newest seven are deleted; default: they are. */
  readonly prunes?: boolean;
  /** Folder of the list of forgotten people; default: that of the store. */
  readonly dataDir?: string;
  /** Format to which the store is about to be brought. */
  readonly beforeFormat?: number;
};

/**
 * Copies the store to a dated file in `folder`, keeps the newest seven, and gives the path of the new one.
 *
 * Waits inside for a locked store: for a program of its own. The bot may run meanwhile: who is forgotten while the copy is made
 * is not in it. Errors: BotError `store.*`.
 */
export async function backUp(
  storePath: string,
  folder: string,
  atWallMs: number,
  { dataDir = dirname(storePath), prunes = true, beforeFormat }: BackUpOptions = {},
): Promise<string> {
  if (!existsSync(storePath)) {
    const message = `There is no store ${storePath} to copy: start the bot once, or set DATA_DIR.`;
    throw new BotError('store.unreadable', false, message);
  }
  const name = copyName(storePath, atWallMs, beforeFormat);
  const path = join(folder, name);
  try {
    using sqlite = new DatabaseSync(storePath, { timeout: lockWaitMs });
    copyStore(sqlite, path);
  } catch (error) {
    throw asTrouble('store.unreadable', storePath, error);
  }
  if (prunes) prune(folder, name, storePath);
  await eraseForgottenSince({ path, storePath, dataDir }, atWallMs);
  return path;
}

/**
 * Copies each store of a former format before its next opening migrates it: the version that wrote it can restore the copy.
 *
 * Paths of the copies. Errors: BotError `store.*`; then nothing may be migrated.
 */
export async function backUpFormerFormats(
  dataDir: string,
  atWallMs: number,
): Promise<readonly string[]> {
  const copies: string[] = [];
  for (const kind of backupKinds) {
    const path = kind.path(dataDir);
    const version = versionIn(path, lockWaitMs) ?? 0; // nothing is migrated where it cannot be read
    const { known } = rangeOf(kind.migrations);
    if (version > 0 && version < known)
      copies.push(await backUp(path, backupsFolder(dataDir), atWallMs, { beforeFormat: known }));
  }
  return copies;
}

/**
 * One whole file without a log beside it; it stands under its name only when it is complete.
 *
 * Errors: BotError `store.unwritable` for the copy, SQLite's own for the original.
 */
function copyStore(sqlite: DatabaseSync, toPath: string): void {
  const part = `${toPath}.part`;
  try {
    mkdirSync(dirname(toPath), { recursive: true, mode: 0o700 });
    rmSync(part, { force: true });
    sqlite.prepare('VACUUM INTO ?').run(part);
    chmodSync(part, 0o600);
    renameSync(part, toPath);
  } catch (error) {
    if (isBusy(error) || isDamage(error)) throw error;
    throw asTrouble('store.unwritable', toPath, error);
  }
}

/** Leaves the newest, and nothing that an interrupted copy before this one left. */
function prune(folder: string, newest: string, storePath: string): void {
  const names = readdirSync(folder).filter((name) => isCopyName(name, storePath));
  const whole = names.filter((name) => name.endsWith('.sqlite')).sort(byTime);
  const parts = names.filter((name) => name.endsWith('.part') && byTime(name, newest) < 0);
  for (const name of [...whole.slice(0, -keptBackups), ...parts])
    rmSync(join(folder, name), { force: true });
  for (const name of whole.slice(-keptBackups)) chmodSync(join(folder, name), 0o600);
}
