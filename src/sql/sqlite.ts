import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const sqlite = process.getBuiltinModule('node:sqlite');

/** Node's own SQLite, taken from the process because the linter's list of Node's modules lacks it. */
export const DatabaseSync = sqlite.DatabaseSync;
export type DatabaseSync = InstanceType<typeof DatabaseSync>;
export type Statement = ReturnType<DatabaseSync['prepare']>;
/** Value that a statement takes. */
export type SqliteValue = null | number | string | Uint8Array;

/**
 * A file that is only read. Without a log beside it no program has it open, and none is made; with one, it is read along.
 *
 * Errors: SQLite's own. A lock of another program is waited for up to `waitMs`, inside the call.
 */
export function openReadOnly(path: string, waitMs: number): DatabaseSync {
  const isClosed = !existsSync(`${path}-wal`);
  const place = isClosed ? new URL(`${pathToFileURL(path).href}?immutable=1`) : path;
  return new DatabaseSync(place, { readOnly: true, timeout: waitMs });
}
