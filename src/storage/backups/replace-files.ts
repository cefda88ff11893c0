import { copyFileSync, existsSync, linkSync, renameSync, rmSync, statSync } from 'node:fs';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { asTrouble } from '#src/sql/trouble.ts';

/** A database that no program has open, and the file that replaces it. */
export type FileChange = { readonly to: string; readonly part: string };

/** A log and its index belong to the file they were written for. */
const besides = ['-wal', '-shm'];

/**
 * Puts each part in its place, all of them or none; the former files stay aside until the last one stands. A process that is
 * killed leaves in each place the former file or the new one, whole. Errors: BotError `store.unwritable`.
 */
export function replaceFiles(changes: readonly FileChange[]): void {
  const replaced: string[] = [];
  for (const { to, part } of changes) {
    try {
      putAside(to);
      renameSync(part, to);
      replaced.push(to);
    } catch (error) {
      putBack(to);
      for (const path of replaced) if (!putBack(path)) rmSync(path);
      throw asTrouble('store.unwritable', to, error);
    }
  }
  for (const { to } of changes) removeFormer(to);
}

/** Takes away what a restoring that was killed had set aside. */
export function removeFormer(path: string): void {
  for (const ending of ['', ...besides]) rmSync(`${path}.former${ending}`, { force: true });
}

/** Under two names, so that there is never a moment without a file in its place. */
function putAside(path: string): void {
  removeFormer(path);
  if (!existsSync(path)) return;
  mergeLog(path);
  try {
    linkSync(path, `${path}.former`);
  } catch {
    copyFileSync(path, `${path}.former`); // a file system without links
  }
  for (const ending of besides) {
    if (existsSync(`${path}${ending}`)) renameSync(`${path}${ending}`, `${path}.former${ending}`);
  }
}

/** Whether there was a file. */
function putBack(path: string): boolean {
  const wasThere = isFile(`${path}.former`);
  for (const ending of ['', ...besides]) {
    if (isFile(`${path}.former${ending}`))
      renameSync(`${path}.former${ending}`, `${path}${ending}`);
  }
  return wasThere;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** A damaged file keeps its log, which is set aside with it. */
function mergeLog(path: string): void {
  try {
    using sqlite = new DatabaseSync(path);
    sqlite.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch {
    // It is of no more use than before.
  }
}
