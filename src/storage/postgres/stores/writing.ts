import type { SqlConnection } from '#src/storage/postgres/sql-connection.ts';

/** Longest time, in ms, for erasing, which reads whole tables and may wait for others. */
export const eraseMs = 40_000;

/** Inserts rows in one statement: `columns` are names with their types, say `day text`. */
export async function insertRows(
  connection: SqlConnection,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
  onConflict = '',
): Promise<void> {
  if (rows.length === 0) return;
  const names = columns.map((column) => column.split(' ')[0]);
  const lists = columns.map((column, n) => `$${n + 1}::${column.split(' ').slice(1).join(' ')}[]`);
  const sql = `INSERT INTO ${table} (${names}) SELECT * FROM unnest(${lists}) ${onConflict}`;
  await connection.run(
    sql,
    columns.map((_, n) => rows.map((row) => row[n])),
  );
}
