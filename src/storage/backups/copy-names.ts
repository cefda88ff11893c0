import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Days that a copy is kept. */
export const keptDays = 7;

export function toBackupsFolder(dataDir: string): string {
  return join(dataDir, 'backups');
}

/** Returns the folder for stores that are copied from PostgreSQL. */
export function toDatabaseCopyFolder(dataDir: string): string {
  return join(toBackupsFolder(dataDir), 'from-database');
}

/** Names a copy of a store by its UTC time, so that names sort by age. */
export function formatCopyName(storePath: string, atWallMs: number): string {
  const date = new Date(atWallMs).toISOString().replace(/[:.]/g, '-');
  return `${basename(storePath, '.db')}-${date}.sqlite`;
}

const copyDate = /-(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z)\.sqlite(\.part)?$/;

/** Lists paths of complete copies of one store, oldest first. */
export function listCopies(folder: string, storePath: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const isCopy = (name: string) =>
    name.replace(copyDate, '') === basename(storePath, '.db') &&
    name.endsWith('.sqlite');
  return readdirSync(folder)
    .filter(isCopy)
    .sort()
    .map((name) => join(folder, name));
}

/** Deletes copies older than `keptDays`, also unfinished ones. Throws errors of the file system. */
export function deleteOldCopies(dataDir: string, nowWallMs: number): void {
  const folder = toBackupsFolder(dataDir);
  if (!existsSync(folder)) return;
  const dated = readdirSync(folder).filter((name) => copyDate.test(name));
  for (const path of [
    ...dated.map((name) => join(folder, name)),
    toDatabaseCopyFolder(dataDir),
  ])
    if (isOld(path, nowWallMs)) rmSync(path, { force: true, recursive: true });
}

/** Tests the age of a copy by its name, or by its last change if it has no date. */
export function isOld(path: string, nowWallMs: number): boolean {
  const iso = copyDate.exec(path)?.[1]?.replace(/T(..)-(..)-(..)-/, 'T$1:$2:$3.');
  const readChangedAtWallMs = () =>
    statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? nowWallMs;
  const atWallMs = iso ? Date.parse(iso) : readChangedAtWallMs();
  return nowWallMs - atWallMs > keptDays * 86_400_000;
}
