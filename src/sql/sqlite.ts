import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import sql, { empty, type Sql } from 'sql-template-tag';
import { type Columns, decodeRows, type RowOf } from './columns.ts';
import {
  boundValue,
  type Connection,
  type InsertOptions,
  insertionOf,
  insertOne,
  listed,
} from './connection.ts';
import type { NewRow, Table } from './table.ts';

const sqlite = process.getBuiltinModule('node:sqlite');

/** Node's own SQLite, taken from the process because the linter's list of Node's modules lacks it. */
export const DatabaseSync = sqlite.DatabaseSync;
export type DatabaseSync = InstanceType<typeof DatabaseSync>;
type Statement = ReturnType<DatabaseSync['prepare']>;
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

/** Statements that one file keeps prepared; then it begins anew. */
const mostStatements = 200;

/** SQLite through `node:sqlite`: every statement is done when its method returns, so that nothing comes between two of them. */
export class SqliteConnection implements Connection {
  readonly dialect = 'sqlite';
  readonly writer: string;
  readonly ageMs = 0;
  readonly forUpdate = empty;
  readonly #sqlite: DatabaseSync;
  readonly #statements = new Map<string, Statement>();
  readonly #wallMs: () => number;

  constructor(sqlite: DatabaseSync, writer: string, wallMs: () => number) {
    this.writer = writer;
    this.#sqlite = sqlite;
    this.#wallMs = wallMs;
  }

  get now(): Sql {
    return sql`${this.#wallMs()}`;
  }

  async rows<Shape extends Columns>(
    shape: Shape,
    statement: Sql,
  ): Promise<readonly RowOf<Shape>[]> {
    const rows = this.#prepared(statement.sql).all(...statement.values.map(bound));
    return decodeRows(shape, rows);
  }

  async run(statement: Sql): Promise<number> {
    const { changes } = this.#prepared(statement.sql).run(...statement.values.map(bound));
    return Number(changes);
  }

  async insert<One extends Table, Computed extends string = never>(
    table: One,
    rows: readonly Omit<NewRow<One>, Computed>[],
    options: InsertOptions<Computed> = {},
  ): Promise<number> {
    const insertion = insertionOf(table, options);
    let changed = 0;
    for (const row of rows) changed += await this.run(insertOne(insertion, row));
    return changed;
  }

  among(values: readonly (number | string)[]): Sql {
    return sql`IN (SELECT value FROM json_each(${JSON.stringify(listed(values))}))`;
  }

  #prepared(text: string): Statement {
    const statement = this.#statements.get(text) ?? this.#sqlite.prepare(text);
    if (this.#statements.size >= mostStatements) this.#statements.clear();
    this.#statements.set(text, statement);
    return statement;
  }
}

function bound(value: unknown): SqliteValue {
  const checked = boundValue(value);
  return typeof checked === 'boolean' ? Number(checked) : checked;
}
