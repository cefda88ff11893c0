import sql, { empty, join, raw, type Sql } from 'sql-template-tag';
import {
  type Column,
  type Columns,
  getColumnType,
  listColumnNames,
  type RowOf,
  type SqlDialect,
  toColumnName,
} from './columns.ts';
import type { Connection } from './connection.ts';
import type { StoreDatabase } from './store-database.ts';

type FieldOf<Shape extends Columns> = keyof Shape & string;

type KeptRows<Field extends string> = {
  /** SQL of the condition that holds for the rows. */
  readonly condition: string;
  /** The only fields beside the key that the rows keep. Default: all. */
  readonly fields?: readonly Field[];
  /** Of a number that both stores hold, the greater one stays. Default: that of the store which is copied later. */
  readonly keeps?: 'greater';
};

type TableRules<Shape extends Columns> = {
  readonly key: readonly FieldOf<Shape>[];
  /**
   * Fields that may name a forgotten person, or as JSON hold a list of people. Rows of that person are deleted. `erase-line`
   * erases captions and answers.
   */
  readonly person: readonly FieldOf<Shape>[] | 'erase-line';
  /**
   * Handling after the bot left `guildId`. `later` keeps the budget of the day, and
   * `nothing` has no server.
   */
  readonly server: 'delete' | 'later' | 'erase-line' | 'nothing';
  /** Rows of a copy that a restore brings back. Rules of the settings choose a server's rows of `settings`. */
  readonly restored: 'all' | 'none' | 'settings';
  /** Rows that a restore keeps, both of the copy and of the present store. */
  readonly kept?: KeptRows<FieldOf<Shape>>;
  /** Further unique columns, such as `(name, number)`. */
  readonly unique?: readonly string[];
  /** SQL of indexes, such as `(name) WHERE number > 0`. */
  readonly indexes?: Readonly<Record<string, string>>;
};

export type Table<Shape extends Columns = Columns> = TableRules<Shape> & {
  readonly name: string;
  readonly columns: Shape;
};

/** Declares a table with the rules for persons and servers, which forgetting and exporting need. */
export function defineTable<const Shape extends Columns>(
  name: string,
  columns: Shape,
  rules: TableRules<Shape>,
): Table<Shape> {
  return { name, columns, ...rules };
}

/** Builds SQL of the columns. `prefix` is the alias of the table with a dot. */
export function toColumnList(shape: Columns, prefix = ''): Sql {
  return raw(listColumnNames(Object.keys(shape), prefix));
}

/** Reads rows of a table. `clauses` is SQL after `FROM`, as `WHERE` and `ORDER BY`. */
export function selectRows<Shape extends Columns>(
  connection: Connection,
  { columns, name }: Table<Shape>,
  clauses: Sql,
): Promise<readonly RowOf<Shape>[]> {
  return connection.rows(
    columns,
    sql`SELECT ${toColumnList(columns)} FROM ${raw(name)} ${clauses}`,
  );
}

/** Finds rows with these fields in key order. Throws BotError `store.unreadable`. */
export async function findRows<
  Shape extends Columns,
  const Fixed extends Partial<RowOf<Shape>>,
>(
  database: StoreDatabase,
  { columns, key, name }: Table<Shape>,
  fixed: Fixed,
): Promise<readonly Omit<RowOf<Shape>, keyof Fixed>[]> {
  const others = Object.fromEntries(
    Object.entries(columns).filter(([field]) => !(field in fixed)),
  );
  const order = raw(listColumnNames(key));
  const statement = sql`SELECT ${toColumnList(others)} FROM ${raw(name)} ${toWhereClause(fixed)} ORDER BY ${order}`;
  const rows = await database.read((connection) => connection.rows(others, statement));
  return rows as never; // each has the other fields
}

/** Replaces rows with the same key. Throws BotError `store.unwritable`. */
export async function putRows<Shape extends Columns>(
  database: StoreDatabase,
  table: Table<Shape>,
  rows: readonly RowOf<Shape>[],
): Promise<void> {
  const conflict = toReplaceClause(table);
  await database.write((connection) => connection.insert(table, rows, conflict));
}

/**
 * Deletes rows with these values and returns their number. Throws BotError
 * `store.unwritable`.
 */
export function removeRows<Shape extends Columns>(
  database: StoreDatabase,
  { name }: Table<Shape>,
  fixed: Partial<RowOf<Shape>>,
): Promise<number> {
  const statement = sql`DELETE FROM ${raw(name)} ${toWhereClause(fixed)}`;
  return database.write((connection) => connection.run(statement));
}

/** Deletes rows, and returns the number of them. Each selection is SQL after `FROM`. */
export async function deleteRows(
  connection: Connection,
  selections: readonly Sql[],
): Promise<number> {
  let total = 0;
  for (const selection of selections)
    total += await connection.run(sql`DELETE FROM ${selection}`);
  return total;
}

/**
 * Builds the condition that this shard owns the server in `guild_id`, as `getShardId`
 * computes.
 */
export function isOfShard({
  count,
  id,
}: {
  readonly id: number;
  readonly count: number;
}): Sql {
  return sql`(CAST(guild_id AS BIGINT) >> 22) % CAST(${count} AS BIGINT) = CAST(${id} AS BIGINT)`;
}

/** Builds SQL by which an inserted row replaces the row with its key. */
export function toReplaceClause({ columns, key }: Table): Sql {
  const others = Object.keys(columns).filter((field) => !key.includes(field));
  if (others.length === 0) return raw('ON CONFLICT DO NOTHING');
  const changes = others.map(toColumnName).map((name) => `${name} = excluded.${name}`);
  return raw(`ON CONFLICT (${listColumnNames(key)}) DO UPDATE SET ${changes}`);
}

function toWhereClause(fixed: object) {
  const conditions = Object.entries(fixed).map(
    ([field, value]) => sql`${raw(toColumnName(field))} = ${value}`,
  );
  return conditions.length > 0 ? sql`WHERE ${join(conditions, ' AND ')}` : empty;
}

/** Builds SQL that creates tables with their indexes. */
export function createTables(tables: readonly Table[], dialect: SqlDialect): string {
  return tables.map((table) => createTable(table, dialect)).join('\n');
}

function createTable(
  { columns, key, name, indexes = {}, unique = [] }: Table,
  dialect: SqlDialect,
) {
  // Otherwise the database makes the key.
  const isKeyed = !key.some((field) => columns[field]?.kind === 'key');
  const definitions = [
    ...Object.entries(columns).map(([field, column]) =>
      createColumn(field, column, dialect),
    ),
    ...(isKeyed ? [`PRIMARY KEY (${listColumnNames(key)})`] : []),
    ...unique.map((group) => `UNIQUE ${group}`),
  ];
  const strict = isKeyed ? ' STRICT, WITHOUT ROWID' : ' STRICT';
  const ending = dialect === 'sqlite' ? strict : '';
  return [
    `CREATE TABLE ${name} (\n  ${definitions.join(',\n  ')}\n)${ending};`,
    ...Object.entries(indexes).map(
      ([index, on]) => `CREATE INDEX ${index} ON ${name} ${on};`,
    ),
  ].join('\n');
}

/** Builds SQL of a column, also for `ALTER TABLE ADD COLUMN`. */
function createColumn(field: string, column: Column, dialect: SqlDialect) {
  const name = toColumnName(field);
  const { choices, isOptional, kind } = column;
  const type = getColumnType(column, dialect);
  const identity = dialect === 'postgres' ? ' GENERATED BY DEFAULT AS IDENTITY' : '';
  if (kind === 'key') return `${name} ${type}${identity} PRIMARY KEY`;
  const check = choices
    ? ` CHECK (${name} IN (${choices.map((text) => `'${text}'`).join(', ')}))`
    : '';
  return `${name} ${type}${isOptional ? '' : ' NOT NULL'}${check}`;
}
