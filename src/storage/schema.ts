import { BotError } from '#src/base/errors.ts';
import type { DatabaseSync } from '#src/sql/sqlite.ts';

/** SQL of a format. The first migration makes all tables. */
export type Migration = { readonly version: number; readonly sql: string };

/** Returns the version of the last migration, or 0 without one. */
export function getPresentFormat(migrations: readonly Migration[]): number {
  return migrations.at(-1)?.version ?? 0;
}

/** Lists SQL from a version (0: no tables) to the present format. */
export function listDueSteps(
  version: number,
  migrations: readonly Migration[],
): readonly string[] {
  const due =
    version === 0
      ? migrations.slice(0, 1)
      : migrations.filter((migration) => migration.version > version);
  return due.map(({ sql }) => sql);
}

/** Refuses an unknown format by BotError `store.format`, which begins with `storeName`. */
export function checkFormat(
  storeName: string,
  version: number,
  migrations: readonly Migration[],
): void {
  const oldest = migrations[0]?.version ?? 0;
  const present = getPresentFormat(migrations);
  if (version === 0 || (version >= oldest && version <= present)) return;
  throw new BotError(
    'store.format',
    false,
    `${storeName} has format ${version}, and this Parley reads formats ${oldest} to ${present}. Start the version that wrote it, or restore a copy of this one: npm run restore -- FILE`,
  );
}

/** Migrates a file atomically. Throws SQLite's errors. */
export function migrateStore(
  sqlite: DatabaseSync,
  migrations: readonly Migration[],
): void {
  const present = getPresentFormat(migrations);
  if (readSchemaVersion(sqlite) === present) return;
  sqlite.exec('BEGIN IMMEDIATE');
  try {
    for (const sql of listDueSteps(readSchemaVersion(sqlite), migrations))
      sqlite.exec(sql);
    sqlite.exec(`PRAGMA user_version = ${present}; COMMIT`);
  } catch (error) {
    if (sqlite.isTransaction) sqlite.exec('ROLLBACK');
    throw error;
  }
}

/** Reads the format of a file. 0 is a file without tables. */
export function readSchemaVersion(sqlite: DatabaseSync): number {
  return Number(sqlite.prepare('PRAGMA user_version').get()?.user_version);
}
