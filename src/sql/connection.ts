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

export type StatementRow = Readonly<Record<string, unknown>>;
type Awaitable<T> = T | Promise<T>;

/** Statements of one session with a database. */
export interface Statements {
  all(text: string, values: readonly unknown[]): Awaitable<readonly StatementRow[]>;
  /** Runs a statement with each of these values; the number of changed rows. */
  run(text: string, values: readonly (readonly unknown[])[]): Awaitable<number>;
}

export type InsertOptions<Computed extends string> = {
  /** SQL of these columns, the same for every row. */
  readonly with?: Readonly<Record<Computed, Sql>>;
  /** SQL behind the rows: what one does that has the key of an old one. */
  readonly conflict?: Sql;
};

/** One session with a database, in one dialect. Rows are values; an absent field is an empty column. */
export class Connection {
  readonly dialect: SqlDialect;
  readonly #statements: Statements;
  readonly #wallMs: () => number;

  /** `wallMs`: the clock of SQLite. */
  constructor(dialect: SqlDialect, statements: Statements, wallMs: () => number) {
    this.dialect = dialect;
    this.#statements = statements;
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
    const { text, values } = this.#bound(statement);
    return decodeRows(shape, await this.#statements.all(text, values));
  }

  /** Runs a statement; the number of changed rows. */
  async run(statement: Sql): Promise<number> {
    const { text, values } = this.#bound(statement);
    return await this.#statements.run(text, [values]);
  }

  /** Inserts rows, each with a key of its own; the number of changed ones. */
  async insert<One extends Table, Computed extends string = never>(
    table: One,
    rows: readonly Omit<NewRow<One>, Computed>[],
    options: InsertOptions<Computed> = {},
  ): Promise<number> {
    // SQLite prepares one text for all rows; PostgreSQL takes them in one message.
    const portions = this.dialect === 'sqlite' ? rows.map((row) => [row]) : [rows];
    const statements = portions
      .filter((some) => some.length > 0)
      .map((some) => this.#bound(insertion(table, some, options)));
    const [first] = statements;
    if (!first) return 0;
    const values = statements.map((one) => one.values);
    return await this.#statements.run(first.text, values);
  }

  /** SQL of whether what stands before it is one of these: a condition of one text, however many there are. */
  among(values: readonly (number | string)[]): Sql {
    return this.dialect === 'sqlite'
      ? sql`IN (SELECT value FROM json_each(${JSON.stringify(values.map(boundValue))}))`
      : sql`= ANY (${[...values]})`;
  }

  #bound({ sql: text, text: numbered, values }: Sql) {
    const isSqlite = this.dialect === 'sqlite';
    return {
      text: isSqlite ? text : numbered,
      values: values
        .map(boundValue)
        .map((value) => (isSqlite && typeof value === 'boolean' ? +value : value)),
    };
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
