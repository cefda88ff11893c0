import sql, { raw, type Sql } from 'sql-template-tag';
import {
  type Column,
  type Columns,
  columnName,
  columnNames,
  columnType,
  type RowOf,
  type SqlDialect,
} from './columns.ts';
import type { Connection } from './connection.ts';

type FieldOf<Shape extends Columns> = keyof Shape & string;

/** Fields that name a person, and what is done with their rows when they are forgotten. */
type PersonRule<Field extends string = string> =
  /** Rows in which one of these fields names them are deleted. */
  | { readonly forget: 'delete'; readonly columns: readonly Field[] }
  /** Lines of captions: what a person said, and answers to them. */
  | { readonly forget: 'erase-line' }
  /** No row is about a person. */
  | { readonly forget: 'nothing' };

/**
 * Treatment of the rows of a server that removed the bot: they name it in `guildId`. `later`: a server that comes back has its budget
 * of the day, and not a new one. `erase-line`: lines of captions. `nothing`: no row is about a server.
 */
type ServerRule = { readonly forget: 'delete' | 'later' | 'erase-line' | 'nothing' };

type TableRules<Shape extends Columns> = {
  /** Fields that tell rows apart. */
  readonly key: readonly FieldOf<Shape>[];
  readonly person: PersonRule<FieldOf<Shape>>;
  readonly server: ServerRule;
  /** Further groups of columns of which no two rows have the same values: `(name, number)`. */
  readonly unique?: readonly string[];
  /** Indexes by name: SQL of their columns and rows, as `(name) WHERE number > 0`. */
  readonly indexes?: Readonly<Record<string, string>>;
};

/** Table of a store, the same in both databases. */
export type Table<Shape extends Columns = Columns> = TableRules<Shape> & {
  readonly name: string;
  readonly columns: Shape;
};

/** Row to be written: an empty column may be undefined. */
export type NewRow<One extends Table> = RowOf<One['columns']>;

/** A table. Its rules about persons and servers have to be given: forgetting and exporting follow from them. */
export function table<const Shape extends Columns>(
  name: string,
  columns: Shape,
  rules: TableRules<Shape>,
): Table<Shape> {
  return { name, columns, ...rules };
}

/** SQL of the columns of a shape, of table `alias` where one is given. */
export function columnList(shape: Columns, alias?: string): Sql {
  const before = alias === undefined ? '' : `${alias}.`;
  return raw(
    Object.keys(shape)
      .map((field) => before + columnName(field))
      .join(', '),
  );
}

/** SQL of the column of a field. */
export function columnOf(field: string): Sql {
  return raw(columnName(field));
}

/** Rows of a table. */
export function select<Shape extends Columns>(
  connection: Connection,
  { columns, name }: Table<Shape>,
  rest: Sql,
): Promise<readonly RowOf<Shape>[]> {
  return connection.rows(columns, sql`SELECT ${columnList(columns)} FROM ${raw(name)} ${rest}`);
}

/** Deletes all these rows, of which each is SQL behind `FROM`; how many. */
export async function deleteRows(connection: Connection, rows: readonly Sql[]): Promise<number> {
  let total = 0;
  for (const some of rows) total += await connection.run(sql`DELETE FROM ${some}`);
  return total;
}

/** SQL of whether a row, by its column `guild_id`, belongs to a server of this shard: `shardOf` of `people`. */
export function isOfShard({ count, id }: { readonly id: number; readonly count: number }): Sql {
  return sql`(CAST(guild_id AS BIGINT) >> 22) % CAST(${count} AS BIGINT) = CAST(${id} AS BIGINT)`;
}

/** SQL of what a new row does that has the key of an old one: it takes its place. */
export function replacing({ columns, key }: Table): Sql {
  const others = Object.keys(columns).filter((field) => !key.includes(field));
  if (others.length === 0) return raw('ON CONFLICT DO NOTHING');
  const changes = others.map(columnName).map((name) => `${name} = excluded.${name}`);
  return raw(`ON CONFLICT (${columnNames(key)}) DO UPDATE SET ${changes}`);
}

/** SQL that creates tables with their indexes. */
export function createTables(tables: readonly Table[], dialect: SqlDialect): string {
  return tables.map((table) => createTable(table, dialect)).join('\n');
}

function createTable(
  { columns, key, name, indexes = {}, unique = [] }: Table,
  dialect: SqlDialect,
): string {
  // Else the database gives the key.
  const isKeyed = !key.some((field) => columns[field]?.kind === 'key');
  const lines = [
    ...Object.entries(columns).map(([field, column]) => createColumn(field, column, dialect)),
    ...(isKeyed ? [`PRIMARY KEY (${columnNames(key)})`] : []),
    ...unique.map((group) => `UNIQUE ${group}`),
  ];
  const strict = isKeyed ? ' STRICT, WITHOUT ROWID' : ' STRICT';
  const ending = dialect === 'sqlite' ? strict : '';
  return [
    `CREATE TABLE ${name} (\n  ${lines.join(',\n  ')}\n)${ending};`,
    ...Object.entries(indexes).map(([index, on]) => `CREATE INDEX ${index} ON ${name} ${on};`),
  ].join('\n');
}

/** SQL of one column, also for `ALTER TABLE ADD COLUMN`. */
function createColumn(field: string, column: Column, dialect: SqlDialect): string {
  const name = columnName(field);
  const { choices, isOptional, kind } = column;
  const type = columnType(column, dialect);
  const given = dialect === 'postgres' ? ' GENERATED BY DEFAULT AS IDENTITY' : '';
  if (kind === 'key') return `${name} ${type}${given} PRIMARY KEY`;
  const check = choices
    ? ` CHECK (${name} IN (${choices.map((one) => `'${one}'`).join(', ')}))`
    : '';
  return `${name} ${type}${isOptional ? '' : ' NOT NULL'}${check}`;
}
