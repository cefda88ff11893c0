import { chmodSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from '#src/storage/sqlite.ts';
import { asTrouble, isBusy, isDamage } from '#src/storage/trouble.ts';

/**
 * One whole file without a log beside it; it stands under its name only when it is complete.
 *
 * Errors: BotError `store.unwritable` for the copy, SQLite's own for the original.
 */
export function copyStore(sqlite: DatabaseSync, toPath: string): void {
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
