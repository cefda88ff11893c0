import sql, { empty, join, raw } from 'sql-template-tag';
import { realClock } from '#src/base/clock.ts';
import { type Columns, listColumnNames, type RowOf } from '#src/sql/columns.ts';
import { Connection } from '#src/sql/connection.ts';
import { createPerformer, DatabaseSync } from '#src/sql/sqlite.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { toStoreError } from '#src/sql/store-errors.ts';
import { selectRows, type Table } from '#src/sql/table.ts';
import { migrateStore } from '#src/storage/schema.ts';
import { type StoreKind, storePath } from '#src/storage/store-kinds.ts';

/** Time for copying a million lines. */
export const copyMs = 600_000;

/** Writes a snapshot of all stores to files. Throws BotError `store.*`. */
export async function copyToFiles(
  database: StoreDatabase,
  kinds: readonly StoreKind[],
  folder: string,
): Promise<void> {
  await database.read(async (connection) => {
    for (const kind of kinds) {
      const path = storePath(folder, kind);
      try {
        using file = new DatabaseSync(path);
        file.exec('PRAGMA journal_mode = MEMORY; PRAGMA temp_store = MEMORY');
        migrateStore(file, kind.sqlite);
        file.exec('BEGIN');
        const copy = new Connection('sqlite', createPerformer(file), realClock.wallMs);
        await copyRows(connection, copy, kind.tables);
        file.exec('COMMIT');
      } catch (error) {
        throw toStoreError(path, error);
      }
    }
  });
}

/** Replaces the stores of a database atomically. Throws BotError `store.*`. */
export async function copyFromFiles(
  database: StoreDatabase,
  kinds: readonly StoreKind[],
  folder: string,
): Promise<void> {
  await database.write(async (connection) => {
    for (const kind of kinds) {
      using file = new DatabaseSync(storePath(folder, kind), { readOnly: true });
      for (const { name } of kind.tables)
        await connection.run(sql`DELETE FROM ${raw(name)}`);
      const copy = new Connection('sqlite', createPerformer(file), realClock.wallMs);
      await copyRows(copy, connection, kind.tables);
      for (const table of kind.tables) await continueKeys(connection, table);
    }
  });
}

const rowsAtOnce = 1_000;

async function copyRows(from: Connection, to: Connection, tables: readonly Table[]) {
  for (const table of tables) {
    let rows: readonly RowOf<Columns>[] = [];
    do {
      rows = await selectRows(from, table, selectPortionAfter(table, rows.at(-1)));
      await to.insert(table, rows);
    } while (rows.length === rowsAtOnce);
  }
}

/** Builds SQL of the next rows in key order. */
function selectPortionAfter({ key }: Table, lastRow: object | undefined) {
  const names = raw(listColumnNames(key));
  const values = lastRow && join(key.map((field) => Reflect.get(lastRow, field)));
  const condition = values ? sql`WHERE (${names}) > (${values})` : empty;
  return sql`${condition} ORDER BY ${names} LIMIT ${rowsAtOnce}`;
}

/** Sets the sequence of a table's keys behind the copied keys. */
async function continueKeys(connection: Connection, { columns, key, name }: Table) {
  const [field = ''] = key;
  if (columns[field]?.kind !== 'key') return;
  // New rows must get free keys.
  const next = sql`coalesce(max(${raw(field)}), 0) + 1`;
  await connection.run(
    sql`SELECT setval(pg_get_serial_sequence(${name}, ${field}), ${next}, false) FROM ${raw(name)}`,
  );
}
