import sql, { empty, join, raw } from 'sql-template-tag';
import { type Columns, listColumnNames, type RowOf, toColumnName } from './columns.ts';
import type { StoreDatabase } from './store-database.ts';
import { type Table, toColumnList, toReplaceClause } from './table.ts';

/** Finds rows with these fields in key order. Throws BotError `store.unreadable`. */
export async function findRows<
  Shape extends Columns,
  const Known extends Partial<RowOf<Shape>>,
>(
  database: StoreDatabase,
  { columns, key, name }: Table<Shape>,
  known: Known,
): Promise<readonly Omit<RowOf<Shape>, keyof Known>[]> {
  const others = Object.fromEntries(
    Object.entries(columns).filter(([field]) => !(field in known)),
  );
  const order = raw(listColumnNames(key));
  const statement = sql`SELECT ${toColumnList(others)} FROM ${raw(name)} ${toWhereClause(known)} ORDER BY ${order}`;
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
  known: Partial<RowOf<Shape>>,
): Promise<number> {
  const statement = sql`DELETE FROM ${raw(name)} ${toWhereClause(known)}`;
  return database.write((connection) => connection.run(statement));
}

function toWhereClause(known: object) {
  const conditions = Object.entries(known).map(
    ([field, value]) => sql`${raw(toColumnName(field))} = ${value}`,
  );
  return conditions.length > 0 ? sql`WHERE ${join(conditions, ' AND ')}` : empty;
}
