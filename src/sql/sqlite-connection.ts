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
import type { DatabaseSync, SqliteValue, Statement } from './sqlite.ts';
import { StatementCache } from './statement-cache.ts';
import type { NewRow, Table } from './table.ts';

/** Statements that one file keeps prepared. */
const mostStatements = 200;

/** SQLite through `node:sqlite`: every statement is done when its method returns, so that nothing comes between two of them. */
export class SqliteConnection implements Connection {
  readonly dialect = 'sqlite';
  readonly writer: string;
  readonly ageMs = 0;
  readonly forUpdate = empty;
  readonly forUpdateIfFree = empty;
  readonly #statements: StatementCache<Statement>;
  readonly #wallMs: () => number;

  constructor(sqlite: DatabaseSync, writer: string, wallMs: () => number) {
    this.writer = writer;
    this.#statements = new StatementCache((text) => sqlite.prepare(text), mostStatements);
    this.#wallMs = wallMs;
  }

  get now(): Sql {
    return sql`${this.#wallMs()}`;
  }

  async rows<Shape extends Columns>(
    shape: Shape,
    statement: Sql,
  ): Promise<readonly RowOf<Shape>[]> {
    const rows = this.#statements.get(statement.sql).all(...statement.values.map(bound));
    return decodeRows(shape, rows);
  }

  async run(statement: Sql): Promise<number> {
    const { changes } = this.#statements.get(statement.sql).run(...statement.values.map(bound));
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

  async tryLock(): Promise<boolean> {
    return true;
  }
}

function bound(value: unknown): SqliteValue {
  const checked = boundValue(value);
  return typeof checked === 'boolean' ? Number(checked) : checked;
}
