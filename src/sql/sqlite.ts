import { chmodSync, existsSync, rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { StatementResult } from './connection.ts';

type NodeSqlite = typeof import('node:sqlite');
const sqlite = process.getBuiltinModule('node:sqlite');

export const DatabaseSync: NodeSqlite['DatabaseSync'] = sqlite.DatabaseSync;
export type DatabaseSync = InstanceType<NodeSqlite['DatabaseSync']>;
type Statement = ReturnType<DatabaseSync['prepare']>;
type SqliteValue = null | number | string | Uint8Array;

/** Runs one statement of SQL at once. Throws SQLite's errors. */
export type PerformSqlite = (
  text: string,
  values: readonly unknown[],
) => StatementResult;

const readerWaitMs = 2_000;

/**
 * Opens a file for reading, with its log. Waits inside for locks. Throws SQLite's
 * errors.
 */
export function openReadOnly(path: string): DatabaseSync {
  const isClosed = !existsSync(`${path}-wal`);
  const location = isClosed ? new URL(`${pathToFileURL(path).href}?immutable=1`) : path;
  return new DatabaseSync(location, { readOnly: true, timeout: readerWaitMs });
}

/** Tests whether SQLite finds no damage in the file. Throws SQLite's errors. */
export function isWhole(sqlite: DatabaseSync): boolean {
  return sqlite.prepare('PRAGMA quick_check(1)').get()?.quick_check === 'ok';
}

/** Copies a store to a private file without a log. Throws errors of SQLite and the file system. */
export function copyInto(sqlite: DatabaseSync, path: string): void {
  rmSync(path, { force: true });
  sqlite.prepare('VACUUM INTO ?').run(path);
  chmodSync(path, 0o600);
}

/** Prepared statements before the cache is cleared. */
const maxStatements = 200;

/** Prepares each statement once, as its memory is freed late. */
export function createPerformer(sqlite: DatabaseSync): PerformSqlite {
  const prepared = new Map<string, Statement>();
  return (text, values) => {
    const statement = prepared.get(text) ?? sqlite.prepare(text);
    if (prepared.size >= maxStatements) prepared.clear();
    prepared.set(text, statement);
    const numeric = values.map((value) =>
      typeof value === 'boolean' ? +value : value,
    );
    const bound = numeric as SqliteValue[];
    if (statement.columns().length > 0)
      return { rows: statement.all(...bound), changes: 0 };
    return { rows: [], changes: Number(statement.run(...bound).changes) };
  };
}
