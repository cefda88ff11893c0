import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { BotError } from '#src/base/errors.ts';
import { DatabaseSync } from './sqlite.ts';
import { asTrouble, isBusy, isDamage } from './trouble.ts';

const keptBackups = 7;
const lockWaitMs = 10_000;

/**
 * Copies the store to a dated file in `folder`, keeps the newest seven, and gives the path of the new one.
 *
 * Waits inside for a locked store: for a program of its own. The bot may run meanwhile. Errors: BotError `store.*`.
 */
export function backUp(storePath: string, folder: string, atWallMs: number): string {
  if (!existsSync(storePath)) {
    const message = `There is no store ${storePath} to copy: start the bot once, or set DATA_DIR.`;
    throw new BotError('store.unreadable', false, message);
  }
  const date = new Date(atWallMs).toISOString().replace(/[:.]/g, '-');
  const name = `${basename(storePath, '.db')}-${date}.sqlite`;
  const path = join(folder, name);
  try {
    using sqlite = new DatabaseSync(storePath, { timeout: lockWaitMs });
    copyStore(sqlite, path);
  } catch (error) {
    throw asTrouble('store.unreadable', storePath, error);
  }
  prune(folder, name, storePath);
  return path;
}

/** Whether the folder of backups beside a store holds a copy of it. */
export function hasCopies(storePath: string): boolean {
  const folder = join(dirname(storePath), 'backups');
  if (storePath === ':memory:' || !existsSync(folder)) return false;
  return readdirSync(folder).some((name) => isCopy(name, storePath));
}

/** Rest of a dated name, or of what an interrupted copy left of it. */
const dated = /^-[\dTZ-]+\.sqlite(\.part)?$/;

function isCopy(name: string, storePath: string): boolean {
  const stem = basename(storePath, '.db');
  return name.startsWith(stem) && dated.test(name.slice(stem.length));
}

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

/** Leaves the newest, and nothing that an interrupted copy before this one left. */
function prune(folder: string, newest: string, storePath: string): void {
  const names = readdirSync(folder).filter((name) => isCopy(name, storePath));
  const whole = names.filter((name) => name.endsWith('.sqlite')).sort();
  const parts = names.filter((name) => name.endsWith('.part') && name < newest);
  for (const name of [...whole.slice(0, -keptBackups), ...parts])
    rmSync(join(folder, name), { force: true });
  for (const name of whole.slice(-keptBackups)) chmodSync(join(folder, name), 0o600);
}
