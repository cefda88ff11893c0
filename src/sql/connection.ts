import sql, { bulk, empty, raw, type Sql } from 'sql-template-tag';
import {
  type Columns,
  decodeRows,
  encodeField,
  listColumnNames,
  type RowOf,
  type SqlDialect,
} from './columns.ts';
import { noteDeletedBytes } from './deleted-bytes.ts';
import type { Table } from './table.ts';

export type StatementResult = {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly changes: number;
};

export type PerformStatement = (
  text: string,
  values: readonly unknown[],
) => StatementResult | Promise<StatementResult>;

/**
 * PostgreSQL takes 65,535 values (https://www.postgresql.org/docs/current/limits.html), and SQLite
 * 32,766 (https://www.sqlite.org/limits.html#max_variable_number).
 */
const rowsAtOnce = 1_000;
const deletion = /^\s*DELETE\b/;

/** Sends statements to one database, in its dialect of SQL. Every method throws as `perform` does. */
export class Connection {
  readonly dialect: SqlDialect;
  readonly #perform: PerformStatement;
  readonly #wallMs: () => number;

  /** `wallMs` is the clock of SQLite. PostgreSQL has its own. */
  constructor(dialect: SqlDialect, perform: PerformStatement, wallMs: () => number) {
    this.dialect = dialect;
    this.#perform = perform;
    this.#wallMs = wallMs;
  }

  /** Builds SQL of the database's time, in ms of Unix time. */
  get now(): Sql {
    return this.dialect === 'sqlite'
      ? sql`${this.#wallMs()}`
      : sql`(1000 * extract(epoch FROM clock_timestamp())::double precision)`;
  }

  /** Runs a statement without rows. Returns the number of changed rows. SQLite's file notes that rows were deleted. */
  async run(statement: Sql): Promise<number> {
    const { changes } = await this.#sendStatement(statement);
    const isDeletion = changes > 0 && deletion.test(statement.sql);
    if (isDeletion && this.dialect === 'sqlite')
      await this.#sendStatement(noteDeletedBytes);
    return changes;
  }

  /** Runs a statement, and decodes its rows by the columns of `shape`. */
  async rows<Shape extends Columns>(
    shape: Shape,
    statement: Sql,
  ): Promise<readonly RowOf<Shape>[]> {
    return decodeRows(shape, (await this.#sendStatement(statement)).rows);
  }

  /**
   * Inserts rows and returns the number of changed ones. `conflict` handles an
   * existing key.
   */
  async insert<Target extends Table>(
    table: Target,
    rows: readonly RowOf<Target['columns']>[],
    conflict: Sql = empty,
  ): Promise<number> {
    let changes = 0;
    for (let from = 0; from < rows.length; from += rowsAtOnce)
      changes += await this.run(
        toInsertStatement(table, rows.slice(from, from + rowsAtOnce), conflict),
      );
    return changes;
  }

  /** Builds a condition in SQL, with one text for any number of values. */
  among(values: readonly (number | string)[]): Sql {
    return this.dialect === 'sqlite'
      ? sql`IN (SELECT value FROM json_each(${JSON.stringify(values.map(toBoundValue))}))`
      : sql`= ANY (${[...values]})`;
  }

  async #sendStatement({ sql: text, text: numbered, values }: Sql) {
    return await this.#perform(
      this.dialect === 'sqlite' ? text : numbered,
      values.map(toBoundValue),
    );
  }
}

function toInsertStatement(
  { columns, name }: Table,
  rows: readonly object[],
  conflict: Sql,
) {
  const fields = Object.entries(columns);
  const values = rows.map((row) =>
    fields.map(([field, column]) => encodeField(field, column, row)),
  );
  const into = raw(`${name} (${listColumnNames(Object.keys(columns))})`);
  return sql`INSERT INTO ${into} VALUES ${bulk(values)} ${conflict}`;
}

/** Converts a value for a database. */
function toBoundValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toBoundValue);
  // Both databases must store the same text.
  return typeof value === 'string'
    ? value.toWellFormed().replaceAll('\0', '\ufffd')
    : value;
}
