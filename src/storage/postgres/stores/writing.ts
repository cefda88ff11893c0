import type { SqlConnection, SqlRow } from '#src/storage/postgres/sql-connection.ts';

/** Lane of what is spent, whatever the server. */
export const spendingLane = 'spent';

/** Lane of what is kept in one table of a server. */
export function serverLane(table: 'seats' | 'tracks', guildId: string): string {
  return `${table} ${guildId}`;
}

/** Longest time, in ms, for erasing, which reads whole tables and may wait for others. */
export const eraseMs = 40_000;

/** SQL of the instant at which a write was asked for, by the clock of the database; the n-th value is its age in ms. */
export function askedAt(n: number): string {
  return `clock_timestamp() - make_interval(secs => $${n}::double precision / 1000)`;
}

/**
 * SQL of whether a write is newer than what is there, in columns `written_at` and `written_by`; its age in ms is the n-th value,
 * its writer the next one. What a process writes is newer than what it wrote before. What waited for no more than 5 s, as
 * always while the database is there, counts as new.
 */
export function isNewer(n: number, there = ''): string {
  const isOwn = `${there}written_by = $${n + 1}::uuid`;
  return `(${isOwn} OR $${n}::double precision < 5000 OR ${there}written_at <= ${askedAt(n)})`;
}

/** SQL that takes over both columns. */
export const writtenToo = 'written_at = excluded.written_at, written_by = excluded.written_by';

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

/** Text of a column that may be null. */
export function textOf(row: SqlRow, column: string): string | undefined {
  const value = row[column];
  return value === null || value === undefined ? undefined : String(value);
}
