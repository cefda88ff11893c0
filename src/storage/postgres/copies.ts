import sql, { raw } from 'sql-template-tag';
import { columnName } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import { copyRows } from '#src/sql/copy-rows.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { named, type Table } from '#src/sql/table.ts';
import { asTrouble } from '#src/sql/trouble.ts';
import { type BackupKind, connectionTo } from '#src/storage/backups/backup-kinds.ts';
import { migrate } from '#src/storage/schema.ts';
import type { PostgresPool } from './pool.ts';

/** Longest time, in ms, that copying takes: that of a million lines. */
const copyMs = 600_000;

/** Writes the stores of a database to new files, each at its usual place in `folder`, as of one instant. Errors: BotError `store.*`. */
export async function copyToFiles(
  pool: PostgresPool,
  kinds: readonly BackupKind[],
  folder: string,
): Promise<void> {
  await pool.read(async (connection) => {
    await connection.run(sql`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`);
    for (const kind of kinds) {
      const path = kind.path(folder);
      try {
        using file = new DatabaseSync(path);
        file.exec('PRAGMA journal_mode = MEMORY; PRAGMA temp_store = MEMORY');
        migrate(file, path, kind.migrations);
        file.exec('BEGIN');
        await copyRows(connection, connectionTo(file), kind.tables);
        file.exec('COMMIT');
      } catch (error) {
        throw asTrouble('store.unwritable', path, error);
      }
    }
    await connection.run(sql`COMMIT`);
  }, copyMs);
}

/** Puts the stores in the files of `folder` in the place of those in a database, all of it or nothing. Errors: BotError `store.*`. */
export async function copyFromFiles(
  pool: PostgresPool,
  kinds: readonly BackupKind[],
  folder: string,
): Promise<void> {
  await pool.write(async (connection) => {
    for (const kind of kinds) {
      using file = new DatabaseSync(kind.path(folder), { readOnly: true });
      for (const { name } of kind.tables) await connection.run(sql`DELETE FROM ${named(name)}`);
      await copyRows(connectionTo(file), connection, kind.tables);
      for (const table of kind.tables) await countOn(connection, table);
    }
  }, copyMs);
}

/** Keys of new rows go on behind those that were copied. */
async function countOn(connection: Connection, { columns, name }: Table): Promise<void> {
  const keys = Object.keys(columns).filter((field) => columns[field]?.kind === 'key');
  for (const column of keys.map(columnName)) {
    const next = sql`coalesce(max(${raw(column)}), 0) + 1`;
    await connection.run(
      sql`SELECT setval(pg_get_serial_sequence(${name}, ${column}), ${next}, false) FROM ${named(name)}`,
    );
  }
}
