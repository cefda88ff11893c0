import sql, { raw } from 'sql-template-tag';
import { realClock } from '#src/base/clock.ts';
import { columnName } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { select } from '#src/sql/table.ts';
import { type BackupKind, connectionTo } from '#src/storage/backups/backup-kinds.ts';
import { PostgresPool } from '#src/storage/postgres/pool.ts';
import type { TestSchema } from '#test/fakes/postgres.ts';

/** Rows of each table, by its name. */
export type EveryRow = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

/** Every row of every table that outlives an operation, in the order of its key. */
async function everyRow(connection: Connection, { tables }: BackupKind): Promise<EveryRow> {
  const found: Record<string, Readonly<Record<string, unknown>>[]> = {};
  for (const table of tables.filter(({ key }) => key.length > 0)) {
    const order = raw(table.key.map(columnName).join(', '));
    const rows = await select(connection, table, sql`ORDER BY ${order}`);
    found[table.name] = rows.map(({ terms: _, ...row }) => row); // each database has its own index of words
  }
  return found;
}

export async function rowsOfFile(path: string, kind: BackupKind): Promise<EveryRow> {
  using file = new DatabaseSync(path, { readOnly: true });
  return await everyRow(connectionTo(file), kind);
}

export async function rowsOfSchema({ url }: TestSchema, kind: BackupKind): Promise<EveryRow> {
  await using pool = new PostgresPool({ url, clock: realClock });
  return await pool.read((connection) => everyRow(connection, kind));
}
