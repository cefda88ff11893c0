import { existsSync } from 'node:fs';
import { BotError } from '#src/base/errors.ts';
import { type DatabaseSync, openReadOnly } from '#src/sql/sqlite.ts';

/** SQL that brings tables to a format. The first one of a store makes all tables in the present form, the others change former ones. */
export type Migration = { readonly version: number; readonly sql: string };

/** Formats that a program opens: from that of its first migration to that of its last. */
export type FormatRange = { readonly oldest: number; readonly known: number };

export function rangeOf(steps: readonly Migration[]): FormatRange {
  return { oldest: steps[0]?.version ?? 0, known: steps.at(-1)?.version ?? 0 };
}

/** SQL that brings tables of this version to the present format; 0: there are none. */
export function stepsFrom(version: number, steps: readonly Migration[]): readonly string[] {
  const due = version === 0 ? steps.slice(0, 1) : steps.filter((step) => step.version > version);
  return due.map(({ sql }) => sql);
}

/** Error for a format that this program does not read, of `what`, say "The store /data/parley.db"; undefined for one that it does. */
export function formatError(
  what: string,
  version: number,
  { oldest, known }: FormatRange,
): BotError | undefined {
  if (version === 0 || (version >= oldest && version <= known)) return undefined;
  const message = `${what} has format ${version}, and this Parley reads formats ${oldest} to ${known}. Start the version that wrote it, or restore a copy of this one: npm run restore -- FILE`;
  return new BotError('store.format', false, message);
}

/** Refuses a file whose format this program does not read. Errors: BotError `store.unreadable`. */
export function checkFormat(path: string, sqlite: DatabaseSync, steps: readonly Migration[]): void {
  const error = formatError(`The store ${path}`, versionOf(sqlite), rangeOf(steps));
  if (error) throw new BotError('store.unreadable', false, error.message);
}

/**
 * Brings an empty file, or one of a former format, to the present format, wholly or not at all.
 *
 * Errors: BotError `store.unreadable` for a format that this program does not read.
 */
export function migrate(sqlite: DatabaseSync, path: string, steps: readonly Migration[]): void {
  const { known } = rangeOf(steps);
  if (versionOf(sqlite) === known) return;
  sqlite.exec('BEGIN IMMEDIATE');
  try {
    checkFormat(path, sqlite, steps);
    for (const sql of stepsFrom(versionOf(sqlite), steps)) sqlite.exec(sql);
    sqlite.exec(`PRAGMA user_version = ${known}; COMMIT`);
  } catch (error) {
    if (sqlite.isTransaction) sqlite.exec('ROLLBACK');
    throw error;
  }
}

/** Format of a file: the version of its last migration. */
export function versionOf(sqlite: DatabaseSync): number {
  return Number(sqlite.prepare('PRAGMA user_version').get()?.user_version);
}

/** Format of the file at `path`, which is only read; undefined where there is none, or it cannot be read. */
export function versionIn(path: string, waitMs: number): number | undefined {
  if (!existsSync(path)) return undefined;
  try {
    using sqlite = openReadOnly(path, waitMs);
    return versionOf(sqlite);
  } catch {
    return undefined;
  }
}
