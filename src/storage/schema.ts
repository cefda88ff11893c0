import { BotError } from '#src/base/errors.ts';
import type { DatabaseSync } from '#src/sql/sqlite.ts';

/** SQL of a format. The first migration makes all tables. */
export type Migration = { readonly version: number; readonly sql: string };

export function getPresentFormat(steps: readonly Migration[]): number {
  return steps.at(-1)?.version ?? 0;
}

/** Lists SQL from a version (0: no tables) to the present format. */
export function listDueSteps(
  version: number,
  steps: readonly Migration[],
): readonly string[] {
  const due =
    version === 0 ? steps.slice(0, 1) : steps.filter((step) => step.version > version);
  return due.map(({ sql }) => sql);
}

/** Refuses an unknown format of `what`, by BotError `store.format`. */
export function checkFormat(
  what: string,
  version: number,
  steps: readonly Migration[],
) {
  const oldest = steps[0]?.version ?? 0;
  const known = getPresentFormat(steps);
  if (version === 0 || (version >= oldest && version <= known)) return;
  throw new BotError(
    'store.format',
    false,
    `${what} has format ${version}, and this Parley reads formats ${oldest} to ${known}. Start the version that wrote it, or restore a copy of this one: npm run restore -- FILE`,
  );
}

/** Migrates a file atomically. */
export function migrateStore(sqlite: DatabaseSync, steps: readonly Migration[]) {
  const known = getPresentFormat(steps);
  if (readSchemaVersion(sqlite) === known) return;
  sqlite.exec('BEGIN IMMEDIATE');
  try {
    for (const sql of listDueSteps(readSchemaVersion(sqlite), steps)) sqlite.exec(sql);
    sqlite.exec(`PRAGMA user_version = ${known}; COMMIT`);
  } catch (error) {
    if (sqlite.isTransaction) sqlite.exec('ROLLBACK');
    throw error;
  }
}

export function readSchemaVersion(sqlite: DatabaseSync): number {
  return Number(sqlite.prepare('PRAGMA user_version').get()?.user_version);
}
