import { chmodSync, existsSync, rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const sqlite = process.getBuiltinModule('node:sqlite');

export const DatabaseSync = sqlite.DatabaseSync;
export type DatabaseSync = InstanceType<typeof DatabaseSync>;
type Statement = ReturnType<DatabaseSync['prepare']>;
type SqliteValue = null | number | string | Uint8Array;

const readerWaitMs = 2_000;

/**
 * Opens a file for reading, with its log. Waits inside for locks. Throws SQLite's
 * errors.
 */
export function openReadOnly(path: string): DatabaseSync {
  const isClosed = !existsSync(`${path}-wal`);
  const place = isClosed ? new URL(`${pathToFileURL(path).href}?immutable=1`) : path;
  return new DatabaseSync(place, { readOnly: true, timeout: readerWaitMs });
}

export function isWhole(sqlite: DatabaseSync): boolean {
  return sqlite.prepare('PRAGMA quick_check(1)').get()?.quick_check === 'ok';
}

/** Copies a store to a private file without a log. Throws errors of SQLite and the file system. */
export function copyInto(sqlite: DatabaseSync, path: string) {
  rmSync(path, { force: true });
  sqlite.prepare('VACUUM INTO ?').run(path);
  chmodSync(path, 0o600);
}

/** Prepared statements before the cache is cleared. */
const mostStatements = 200;

/** Prepares each statement once, as its memory is freed late. */
export function createPerformer(sqlite: DatabaseSync) {
  const prepared = new Map<string, Statement>();
  return (text: string, values: readonly unknown[]) => {
    const statement = prepared.get(text) ?? sqlite.prepare(text);
    if (prepared.size >= mostStatements) prepared.clear();
    prepared.set(text, statement);
    const plain = values.map((value) => (typeof value === 'boolean' ? +value : value));
    const bound = plain as SqliteValue[];
    if (statement.columns().length > 0)
      return { rows: statement.all(...bound), changes: 0 };
    return { rows: [], changes: Number(statement.run(...bound).changes) };
  };
}
