import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A copy of a store, named by the time it was made. */
export type DatedCopy = { readonly name: string; readonly path: string };

/** Where `npm run backup` puts copies. */
export function backupsFolder(dataDir: string): string {
  return join(dataDir, 'backups');
}

/** Where the stores of a database lie as files while they are copied. */
export function databaseCopyFolder(dataDir: string): string {
  return join(backupsFolder(dataDir), 'from-database');
}

/** Name of a copy; `format` is the one to which the store was about to be brought. */
export function copyName(storePath: string, atWallMs: number, format?: number): string {
  const date = new Date(atWallMs).toISOString().replace(/[:.]/g, '-');
  const before = format === undefined ? '' : `-before-${format}`;
  return `${basename(storePath, '.db')}${before}-${date}.sqlite`;
}

/** Rest of a dated name, or of what an interrupted copy left of it. */
const dated = /^(-before-\d+)?-[\dTZ-]+\.sqlite(\.part)?$/;

/** Whether a copy was made because its store was about to be brought to another format. */
export function isBeforeMigration(name: string): boolean {
  return /^[a-z]+-before-\d+-/.test(name);
}

/** Order of the times in the names of copies. */
export function byTime(one: string, other: string): number {
  const time = (name: string) => name.replace(/^[a-z]+(-before-\d+)?-/, '');
  return time(one) < time(other) ? -1 : Number(time(one) > time(other));
}

/** Whether it is the name of a copy of this store, or of a part of one. */
export function isCopyName(name: string, storePath: string): boolean {
  const stem = basename(storePath, '.db');
  return name.startsWith(stem) && dated.test(name.slice(stem.length));
}

/** Whole copies of this store, the oldest first. */
export function copiesIn(folder: string, storePath: string): readonly DatedCopy[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => isCopyName(name, storePath) && name.endsWith('.sqlite'))
    .sort(byTime)
    .map((name) => ({ name, path: join(folder, name) }));
}

/** Paths of what interrupted copies of this store left, and of those that are being made. */
export function partsIn(folder: string, storePath: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => isCopyName(name, storePath) && name.endsWith('.part'))
    .map((name) => join(folder, name));
}

const date = /-(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)-(\d{3})Z\.sqlite$/;

/** Wall time, in ms, at which a copy was made, as far as its name says so. */
export function madeAtWallMs(name: string): number | undefined {
  const [, day, ...time] = date.exec(name) ?? [];
  if (day === undefined) return undefined;
  const [hours, minutes, seconds, ms] = time;
  const atWallMs = Date.parse(`${day}T${hours}:${minutes}:${seconds}.${ms}Z`);
  return Number.isNaN(atWallMs) ? undefined : atWallMs;
}
