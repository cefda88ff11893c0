import { chmodSync, existsSync, rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { StatementResult } from './connection.ts';

const sqlite = process.getBuiltinModule('node:sqlite');

/** Node's own SQLite, taken from the process because the linter's list of Node's modules lacks it. */
export const DatabaseSync = sqlite.DatabaseSync;
export type DatabaseSync = InstanceType<typeof DatabaseSync>;
type Statement = ReturnType<DatabaseSync['prepare']>;
/** Value that a statement takes. */
type SqliteValue = null | number | string | Uint8Array;

/** Longest time, in ms, that a reader waits for a lock of another program. */
const readerWaitMs = 2_000;

/**
 * A file that is only read. Without a log beside it no program has it open, and none is made; with one, it is read along.
 *
 * Errors: SQLite's own. A lock of another program is waited for inside the call.
 */
export function openReadOnly(path: string): DatabaseSync {
  const isClosed = !existsSync(`${path}-wal`);
  const place = isClosed ? new URL(`${pathToFileURL(path).href}?immutable=1`) : path;
  return new DatabaseSync(place, { readOnly: true, timeout: readerWaitMs });
}

/** Whether no damage is found in a file, which is read through. */
export function isWhole(sqlite: DatabaseSync): boolean {
  return sqlite.prepare('PRAGMA quick_check(1)').get()?.quick_check === 'ok';
}

/** Writes all of a store to a new file for its own user, without a log beside it. Errors: SQLite's own, and those of the file system. */
export function copyInto(sqlite: DatabaseSync, path: string): void {
  rmSync(path, { force: true });
  sqlite.prepare('VACUUM INTO ?').run(path);
  chmodSync(path, 0o600);
}

/** Statements that one file keeps prepared; then it begins anew. */
const mostStatements = 200;

/** Performs statements on one open file. Each is prepared once: its memory is freed late. */
export function createPerformer(sqlite: DatabaseSync) {
  const prepared = new Map<string, Statement>();
  return (text: string, values: readonly unknown[]): StatementResult => {
    const statement = prepared.get(text) ?? sqlite.prepare(text);
    if (prepared.size >= mostStatements) prepared.clear();
    prepared.set(text, statement);
    const plain = values.map((value) => (typeof value === 'boolean' ? +value : value));
    const bound = plain as SqliteValue[]; // it refuses others
    if (statement.columns().length > 0)
      return { rows: statement.all(...bound), changes: 0 };
    return { rows: [], changes: Number(statement.run(...bound).changes) };
  };
}
