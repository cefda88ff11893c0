import sql, { raw } from 'sql-template-tag';
import { realClock } from '#src/base/clock.ts';
import { columnName } from '#src/sql/columns.ts';
import { Connection } from '#src/sql/connection.ts';
import { copyRows } from '#src/sql/copy-rows.ts';
import { DatabaseSync, SqliteStatements } from '#src/sql/sqlite.ts';
import { named, type Table } from '#src/sql/table.ts';
import { asTrouble } from '#src/sql/trouble.ts';
import { type Driver, transact } from '#src/storage/database.ts';
import { migrate } from '#src/storage/schema.ts';
import { type StoreKind, storePath } from '#src/storage/store-kinds.ts';

/** Longest time, in ms, that copying takes: that of a million lines. */
export const copyMs = 600_000;

/** Writes the stores of a database to new files, each at its usual place in `folder`, as of one instant. Errors: BotError `store.*`. */
export async function copyToFiles(
  driver: Driver,
  kinds: readonly StoreKind[],
  folder: string,
): Promise<void> {
  const options = { clock: realClock, code: 'store.unreadable', mode: 'read' } as const;
  const copy = async (connection: Connection) => {
    for (const kind of kinds) {
      const path = storePath(folder, kind);
      try {
        using file = new DatabaseSync(path);
        file.exec('PRAGMA journal_mode = MEMORY; PRAGMA temp_store = MEMORY');
        migrate(file, path, kind.sqlite.migrations);
        file.exec('BEGIN');
        await copyRows(connection, connectionTo(file), kind.tables);
        file.exec('COMMIT');
      } catch (error) {
        throw asTrouble('store.unwritable', path, error);
      }
    }
  };
  await transact(driver, options, copy, AbortSignal.timeout(copyMs));
}

/** Puts the stores in the files of `folder` in the place of those in a database, all of it or nothing. Errors: BotError `store.*`. */
export async function copyFromFiles(
  driver: Driver,
  kinds: readonly StoreKind[],
  folder: string,
): Promise<void> {
  const options = { clock: realClock, code: 'store.unwritable', mode: 'write' } as const;
  const copy = async (connection: Connection) => {
    for (const kind of kinds) {
      using file = new DatabaseSync(storePath(folder, kind), { readOnly: true });
      for (const { name } of kind.tables) await connection.run(sql`DELETE FROM ${named(name)}`);
      await copyRows(connectionTo(file), connection, kind.tables);
      for (const table of kind.tables) await countOn(connection, table);
    }
  };
  await transact(driver, options, copy, AbortSignal.timeout(copyMs));
}

/** A file that no other program uses. */
function connectionTo(sqlite: DatabaseSync): Connection {
  return new Connection('sqlite', new SqliteStatements(sqlite), () => realClock.wallMs());
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
