import sql, { bulk, empty, raw, type Sql } from 'sql-template-tag';
import {
  type Columns,
  decodeRows,
  encodeField,
  listColumnNames,
  type RowOf,
  type SqlDialect,
} from './columns.ts';
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

export type Connection = ReturnType<typeof createConnection>;

/** Opens a session in one dialect. `wallMs` is the clock of SQLite. */
export function createConnection(
  dialect: SqlDialect,
  perform: PerformStatement,
  wallMs: () => number,
) {
  async function sendStatement({ sql: text, text: numbered, values }: Sql) {
    return await perform(
      dialect === 'sqlite' ? text : numbered,
      values.map(boundValue),
    );
  }

  async function runStatement(statement: Sql) {
    return (await sendStatement(statement)).changes;
  }

  return {
    dialect,
    run: runStatement,

    /** Builds SQL of the database's time, in ms. */
    get now() {
      return dialect === 'sqlite'
        ? sql`${wallMs()}`
        : sql`(1000 * extract(epoch FROM clock_timestamp())::double precision)`;
    },

    async rows<Shape extends Columns>(shape: Shape, statement: Sql) {
      return decodeRows(shape, (await sendStatement(statement)).rows);
    },

    /**
     * Inserts rows and returns the number of changed ones. `conflict` handles an
     * existing key.
     */
    async insert<One extends Table>(
      table: One,
      rows: readonly RowOf<One['columns']>[],
      conflict: Sql = empty,
    ) {
      let changes = 0;
      for (let from = 0; from < rows.length; from += rowsAtOnce)
        changes += await runStatement(
          toInsertStatement(table, rows.slice(from, from + rowsAtOnce), conflict),
        );
      return changes;
    },

    /** Builds a condition in SQL, with one text for any number of values. */
    among(values: readonly (number | string)[]) {
      return dialect === 'sqlite'
        ? sql`IN (SELECT value FROM json_each(${JSON.stringify(values.map(boundValue))}))`
        : sql`= ANY (${[...values]})`;
    },
  };
}

function toInsertStatement(
  { columns, name }: Table,
  rows: readonly object[],
  conflict: Sql,
) {
  const all = Object.entries(columns);
  const values = rows.map((row) =>
    all.map(([field, column]) => encodeField(field, column, row)),
  );
  const into = raw(`${name} (${listColumnNames(Object.keys(columns))})`);
  return sql`INSERT INTO ${into} VALUES ${bulk(values)} ${conflict}`;
}

/** Converts a value for a database. */
function boundValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(boundValue);
  // Both databases must store the same text.
  return typeof value === 'string'
    ? value.toWellFormed().replaceAll('\0', '\ufffd')
    : value;
}
