import sql, { empty, join, raw, type Sql } from 'sql-template-tag';
import {
  type Column,
  type Columns,
  columnName,
  encodeField,
  type RowOf,
  type SqlDialect,
} from './columns.ts';
import type { SqliteValue } from './sqlite.ts';
import type { NewRow, Table } from './table.ts';

export type InsertOptions<Computed extends string> = {
  /** SQL of these columns, the same for every row. */
  readonly with?: Readonly<Record<Computed, Sql>>;
  /** SQL behind the rows: what one does that has the key of an old one. */
  readonly conflict?: Sql;
};

/** One connection to a database, in one dialect. Rows are values; an absent field is an empty column. */
export interface Connection {
  readonly dialect: SqlDialect;
  /** SQL of the instant now in ms, by the clock of the database. */
  readonly now: Sql;
  /** SQL behind a selection that locks its rows in their order; none where one write at a time is under way. */
  readonly forUpdate: Sql;
  /** This process, as writer. */
  readonly writer: string;
  /** Time, in ms, since the operation was asked for. */
  readonly ageMs: number;
  /** Rows of a statement that has these columns. */
  rows<Shape extends Columns>(shape: Shape, statement: Sql): Promise<readonly RowOf<Shape>[]>;
  /** Runs a statement; the number of changed rows. */
  run(statement: Sql): Promise<number>;
  /** Inserts rows, each with a key of its own; the number of changed ones. */
  insert<One extends Table, Computed extends string = never>(
    table: One,
    rows: readonly Omit<NewRow<One>, Computed>[],
    options?: InsertOptions<Computed>,
  ): Promise<number>;
  /** SQL of whether what stands before it is one of these: a condition of one text, however many there are. */
  among(values: readonly (number | string)[]): Sql;
}

/** Parts of an insertion that both dialects have. */
export type Insertion = {
  /** Columns whose values the rows hold. */
  readonly columns: readonly (readonly [field: string, column: Column])[];
  /** SQL of the computed ones. */
  readonly computed: readonly Sql[];
  /** SQL of the table with the names of all its columns, those first. */
  readonly into: Sql;
  readonly conflict: Sql;
};

export function insertionOf<Computed extends string>(
  { columns, name }: Table,
  options: InsertOptions<Computed>,
): Insertion {
  const computed = Object.entries<Sql>(options.with ?? {});
  const given = Object.entries(columns).filter(
    ([field]) => !Object.hasOwn(options.with ?? {}, field),
  );
  const names = [...given, ...computed].map(([field]) => columnName(field)).join(', ');
  return {
    columns: given,
    computed: computed.map(([, value]) => value),
    into: raw(`${name} (${names})`),
    conflict: options.conflict ?? empty,
  };
}

/** SQL that inserts one row. */
export function insertOne({ columns, computed, conflict, into }: Insertion, row: object): Sql {
  const values = columns.map(([field, column]) => encodeField(field, column, row));
  return sql`INSERT INTO ${into} VALUES (${join([...values, ...computed])}) ${conflict}`;
}

/** Value that a statement binds. Errors: TypeError for any other, and for NaN, which SQLite takes for an empty column. */
export function boundValue(value: unknown): SqliteValue | boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && !Number.isNaN(value)) return value;
  if (value instanceof Uint8Array) return value;
  const found = typeof value === 'number' ? 'NaN' : `a value of the type ${typeof value}`;
  throw new TypeError(`A statement got ${found}.`);
}

/**
 * Values that `among` looks for: half a surrogate pair is stored as U+FFFD, and JSON has no number that is not finite.
 * Errors: TypeError for such a number.
 */
export function listed(values: readonly (number | string)[]): readonly (number | string)[] {
  return values.map((value) => {
    if (typeof value === 'string') return value.toWellFormed();
    if (!Number.isFinite(value)) throw new TypeError(`A list of a statement holds ${value}.`);
    return value;
  });
}
