import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { StatementRow, Statements } from './connection.ts';

const sqlite = process.getBuiltinModule('node:sqlite');

/** Node's own SQLite, taken from the process because the linter's list of Node's modules lacks it. */
export const DatabaseSync = sqlite.DatabaseSync;
export type DatabaseSync = InstanceType<typeof DatabaseSync>;
type Statement = ReturnType<DatabaseSync['prepare']>;
/** Value that a statement takes. */
type SqliteValue = null | number | string | Uint8Array;

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

/** Statements that one file keeps prepared; then it begins anew. */
const mostStatements = 200;

/** Statements of one open file, which are prepared once. */
export class SqliteStatements implements Statements {
  readonly #sqlite: DatabaseSync;
  readonly #prepared = new Map<string, Statement>();

  constructor(sqlite: DatabaseSync) {
    this.#sqlite = sqlite;
  }

  all(text: string, values: readonly unknown[]): readonly StatementRow[] {
    return this.#statement(text).all(...(values as readonly SqliteValue[])); // it refuses others
  }

  run(text: string, values: readonly (readonly unknown[])[]): number {
    const statement = this.#statement(text);
    return values.reduce(
      (sum, row) => sum + Number(statement.run(...(row as readonly SqliteValue[])).changes),
      0,
    );
  }

  #statement(text: string): Statement {
    const statement = this.#prepared.get(text) ?? this.#sqlite.prepare(text);
    if (this.#prepared.size >= mostStatements) this.#prepared.clear();
    this.#prepared.set(text, statement);
    return statement;
  }
}
