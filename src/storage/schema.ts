import { BotError } from '#src/base/errors.ts';
import type { DatabaseSync } from '#src/sql/sqlite.ts';

/** SQL that brings tables to a format. The first one of a store makes all tables in the present form, the others change former ones. */
export type Migration = { readonly version: number; readonly sql: string };

/** Format that this program writes. */
export function getPresentFormat(steps: readonly Migration[]): number {
  return steps.at(-1)?.version ?? 0;
}

/** SQL that brings tables of this version to the present format; 0: there are none. */
export function listStepsFrom(
  version: number,
  steps: readonly Migration[],
): readonly string[] {
  const due =
    version === 0 ? steps.slice(0, 1) : steps.filter((step) => step.version > version);
  return due.map(({ sql }) => sql);
}

/** Refuses a format of `what`, say "The store /data/parley.db", that this program does not read. Errors: BotError `store.format`. */
export function checkFormat(
  what: string,
  version: number,
  steps: readonly Migration[],
): void {
  const oldest = steps[0]?.version ?? 0;
  const known = getPresentFormat(steps);
  if (version === 0 || (version >= oldest && version <= known)) return;
  const message = `${what} has format ${version}, and this Parley reads formats ${oldest} to ${known}. Start the version that wrote it, or restore a copy of this one: npm run restore -- FILE`;
  throw new BotError('store.format', false, message);
}

/** Brings an empty file, or one of a former format, to the present format, wholly or not at all. */
export function migrateStore(sqlite: DatabaseSync, steps: readonly Migration[]): void {
  const known = getPresentFormat(steps);
  if (readSchemaVersion(sqlite) === known) return;
  sqlite.exec('BEGIN IMMEDIATE');
  try {
    for (const sql of listStepsFrom(readSchemaVersion(sqlite), steps)) sqlite.exec(sql);
    sqlite.exec(`PRAGMA user_version = ${known}; COMMIT`);
  } catch (error) {
    if (sqlite.isTransaction) sqlite.exec('ROLLBACK');
    throw error;
  }
}

/** Format of a file: the version of its last migration. */
export function readSchemaVersion(sqlite: DatabaseSync): number {
  return Number(sqlite.prepare('PRAGMA user_version').get()?.user_version);
}
