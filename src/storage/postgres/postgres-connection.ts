import type pg from 'pg';
import sql, { join, raw, type Sql } from 'sql-template-tag';
import {
  type Column,
  type Columns,
  columnType,
  decodeRows,
  encodeField,
  type RowOf,
} from '#src/sql/columns.ts';
import {
  boundValue,
  type Connection,
  type InsertOptions,
  insertionOf,
  insertOne,
  listed,
} from '#src/sql/connection.ts';
import type { NewRow, Table } from '#src/sql/table.ts';

/** PostgreSQL through one client of `pg`. No statement has a prepared name: poolers in transaction mode lose such statements. */
export class PostgresConnection implements Connection {
  readonly dialect = 'postgres';
  readonly now = sql`(1000 * extract(epoch FROM clock_timestamp())::double precision)`;
  readonly forUpdate = sql`FOR UPDATE`;
  readonly writer: string;
  readonly ageMs: number;
  readonly #client: pg.ClientBase;

  constructor(client: pg.ClientBase, writer: string, ageMs = 0) {
    this.#client = client;
    this.writer = writer;
    this.ageMs = ageMs;
  }

  async rows<Shape extends Columns>(
    shape: Shape,
    statement: Sql,
  ): Promise<readonly RowOf<Shape>[]> {
    const { rows } = await this.#query(statement.text, statement.values);
    return decodeRows(shape, rows, unescapeNul);
  }

  async run(statement: Sql): Promise<number> {
    return (await this.#query(statement.text, statement.values)).rowCount ?? 0;
  }

  /** One statement; of several rows the values of each column are one array, so that it has one text, however many they are. */
  async insert<One extends Table, Computed extends string = never>(
    into: One,
    rows: readonly Omit<NewRow<One>, Computed>[],
    options: InsertOptions<Computed> = {},
  ): Promise<number> {
    const [first, ...others] = rows;
    if (first === undefined) return 0;
    const insertion = insertionOf(into, options);
    if (others.length === 0) return await this.run(insertOne(insertion, first));
    const { columns, computed, conflict } = insertion;
    const arrays = columns.map(([field, column]) => {
      const values = rows.map((row) => encodeField(field, column, row));
      return sql`${values}::${raw(arrayType(column))}`;
    });
    const selected = join([raw('given.*'), ...computed]);
    return await this.run(
      sql`INSERT INTO ${insertion.into} SELECT ${selected} FROM unnest(${join(arrays)}) AS given ${conflict}`,
    );
  }

  among(values: readonly (number | string)[]): Sql {
    return sql`= ANY (${listed(values)})`;
  }

  /** Same connection for a write that was asked for so many ms ago. */
  writing(ageMs: number): PostgresConnection {
    return new PostgresConnection(this.#client, this.writer, ageMs);
  }

  #query(text: string, values: readonly unknown[]): Promise<pg.QueryResult> {
    return this.#client.query(text, values.map(bound));
  }
}

function arrayType(column: Column): string {
  return `${columnType(column, 'postgres').replace(' COLLATE "C"', '')}[]`;
}

/** Value of a statement as PostgreSQL takes it: U+0000, which it refuses, and U+001A become U+001A with a digit. */
function bound(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bound);
  const checked = boundValue(value);
  return typeof checked === 'string'
    ? checked.replaceAll('\x1a', '\x1a1').replaceAll('\0', '\x1a0')
    : checked;
}

/** A value of a row as it was before `bound`. */
function unescapeNul(value: unknown): unknown {
  return typeof value === 'string' && value.includes('\x1a')
    ? value.replaceAll('\x1a0', '\0').replaceAll('\x1a1', '\x1a')
    : value;
}
