import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '#src/base/clock.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { openDatabase } from '#src/storage/database.ts';
import type { Migration } from '#src/storage/schema.ts';
import { SqliteDriver, SqliteWorker } from '#src/storage/sqlite/sqlite-driver.ts';

/** A folder of its own that goes away with the test, with the path of a store in it. */
export type StoreFolder = Disposable & {
  readonly folder: string;
  readonly path: string;
};

export function makeStoreFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'parley-store-'));
  return {
    folder,
    path: join(folder, 'data', 'parley.db'),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** In a thread of its own. */
export async function openSqlite(
  format: readonly Migration[],
  resources: AsyncDisposableStack,
) {
  const { path } = resources.use(makeStoreFolder());
  const driver = new SqliteDriver(
    path,
    format,
    resources.use(new SqliteWorker()).openFile(path),
  );
  const database = openDatabase({ driver, clock: realClock, patienceMs: 0 });
  await database.open();
  return { database, path };
}

/** All bytes below a folder, by path. */
export function readEveryByte(folder: string) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return new Map(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path, readFileSync(path)];
    }),
  );
}

/** Changes a file by SQL, as another program or a former version would. */
export function runSql(path: string, sql: string) {
  using file = new DatabaseSync(path);
  file.exec(sql);
}

/** Bytes that are no database. */
export const damage = 'no database '.repeat(1000);

/** Another program that writes to the store until it is let go. */
export function holdByAnother(path: string) {
  const otherSync = new DatabaseSync(path);
  otherSync.exec('BEGIN IMMEDIATE');
  return otherSync;
}
