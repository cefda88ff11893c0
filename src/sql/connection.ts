import sql, { empty, join, raw, type Sql } from 'sql-template-tag';
import {
  type Columns,
  columnName,
  decodeRows,
  encodeField,
  type RowOf,
  type SqlDialect,
} from './columns.ts';
import type { NewRow, Table } from './table.ts';

/** Rows of a statement, or the number of those that it changed. */
export type StatementResult = {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly changes: number;
};

/** Performs a statement in one session with a database. */
export type PerformStatement = (
  text: string,
  values: readonly unknown[],
) => StatementResult | Promise<StatementResult>;

export type InsertOptions<Computed extends string> = {
  /** SQL of these columns, the same for every row. */
  readonly with?: Readonly<Record<Computed, Sql>>;
  /** SQL behind the rows: what one does that has the key of an old one. */
  readonly conflict?: Sql;
};

/** Rows of one statement: PostgreSQL takes 65,535 values in one, SQLite 32,766. */
const rowsAtOnce = 1_000;

/** One session with a database, in one dialect. Rows are values; an absent field is an empty column. */
export class Connection {
  readonly dialect: SqlDialect;
  readonly #perform: PerformStatement;
  readonly #wallMs: () => number;

  /** `wallMs`: the clock of SQLite. */
  constructor(dialect: SqlDialect, perform: PerformStatement, wallMs: () => number) {
    this.dialect = dialect;
    this.#perform = perform;
    this.#wallMs = wallMs;
  }

  /** SQL of the instant now in ms, by the clock of the database. */
  get now(): Sql {
    return this.dialect === 'sqlite'
      ? sql`${this.#wallMs()}`
      : sql`(1000 * extract(epoch FROM clock_timestamp())::double precision)`;
  }

  /** Rows of a statement that has these columns. */
  async rows<Shape extends Columns>(
    shape: Shape,
    statement: Sql,
  ): Promise<readonly RowOf<Shape>[]> {
    return decodeRows(shape, (await this.#send(statement)).rows);
  }

  /** Runs a statement; the number of changed rows. */
  async run(statement: Sql): Promise<number> {
    return (await this.#send(statement)).changes;
  }

  /** Inserts rows, each with a key of its own; the number of changed ones. */
  async insert<One extends Table, Computed extends string = never>(
    table: One,
    rows: readonly Omit<NewRow<One>, Computed>[],
    options: InsertOptions<Computed> = {},
  ): Promise<number> {
    let changes = 0;
    for (let from = 0; from < rows.length; from += rowsAtOnce)
      changes += await this.run(insertion(table, rows.slice(from, from + rowsAtOnce), options));
    return changes;
  }

  /** SQL of whether what stands before it is one of these: a condition of one text, however many there are. */
  among(values: readonly (number | string)[]): Sql {
    return this.dialect === 'sqlite'
      ? sql`IN (SELECT value FROM json_each(${JSON.stringify(values.map(boundValue))}))`
      : sql`= ANY (${[...values]})`;
  }

  async #send({ sql: text, text: numbered, values }: Sql): Promise<StatementResult> {
    const bound = values.map(boundValue);
    if (this.dialect === 'postgres') return await this.#perform(numbered, bound);
    const flags = bound.map((value) => (typeof value === 'boolean' ? +value : value));
    return await this.#perform(text, flags);
  }
}

/** SQL that inserts rows, with computed columns behind those of the rows. */
function insertion<Computed extends string>(
  { columns, name }: Table,
  rows: readonly object[],
  { conflict = empty, with: computed }: InsertOptions<Computed>,
): Sql {
  const others = Object.entries<Sql>(computed ?? {});
  const given = Object.entries(columns).filter(
    ([field]) => !others.some(([other]) => other === field),
  );
  const names = [...given, ...others].map(([field]) => columnName(field)).join(', ');
  const values = rows.map((row) => {
    const own = given.map(([field, column]) => encodeField(field, column, row));
    return sql`(${join([...own, ...others.map(([, value]) => value)])})`;
  });
  return sql`INSERT INTO ${raw(`${name} (${names})`)} VALUES ${join(values)} ${conflict}`;
}

/** Value as a statement binds it. */
function boundValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(boundValue);
  return typeof value === 'string' ? storedText(value) : value;
}

/** Text as both databases store it. */
function storedText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}
