import sql, { empty, join, raw, type Sql } from 'sql-template-tag';
import { columnName, type RowOf } from './columns.ts';
import type { Connection } from './connection.ts';
import { select, type Table } from './table.ts';

/** Rows that are read and written at a time: PostgreSQL takes 65,535 values in a statement. */
const rowsAtOnce = 1_000;

/**
 * Copies every row of these tables into the empty ones of another database; how many. Tables without a key hold nothing that
 * outlives an operation, and are left out.
 */
export async function copyRows(
  from: Connection,
  to: Connection,
  tables: readonly Table[],
): Promise<number> {
  let copied = 0;
  for (const table of tables.filter(({ key }) => key.length > 0)) {
    for (let last: RowOf<Table['columns']> | undefined; ; ) {
      const rows = await select(from, table, portionAfter(table, last));
      copied += await to.insert(table, rows);
      last = rows.at(-1);
      if (rows.length < rowsAtOnce) break;
    }
  }
  return copied;
}

/** SQL of the next rows in the order of their keys. */
function portionAfter({ key }: Table, last: object | undefined): Sql {
  const names = raw(key.map(columnName).join(', '));
  const values = last && join(key.map((field) => Reflect.get(last, field)));
  const later = values ? sql`WHERE (${names}) > (${values})` : empty;
  return sql`${later} ORDER BY ${names} LIMIT ${rowsAtOnce}`;
}
