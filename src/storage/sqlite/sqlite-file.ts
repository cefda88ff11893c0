import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { BotError } from '#src/base/errors.ts';
import { makeFolder } from '#src/base/make-folder.ts';
import type { StatementResult } from '#src/sql/connection.ts';
import {
  createPerformer,
  DatabaseSync,
  isWhole,
  type PerformSqlite,
} from '#src/sql/sqlite.ts';
import { createDamagedStoreError, toStoreError } from '#src/sql/store-errors.ts';
import {
  checkFormat,
  type Migration,
  migrateStore,
  readSchemaVersion,
} from '#src/storage/schema.ts';

/** Calls a method of an SQLite file, on this thread or another. */
export type FileCall = <Name extends keyof SqliteFile>(
  name: Name,
  ...args: Parameters<SqliteFile[Name]>
) => Promise<ReturnType<SqliteFile[Name]>>;

/**
 * Larger files are not checked at the start: 200 MB take 0.9 s from memory and a minute
 * from a slow disk.
 */
const checkedBytes = 32 * 2 ** 20;
const maxCacheKib = 16_000;
/** A wait inside SQLite stops every voice of the process. */
const innerWaitMs = 5;

/** A file of SQLite. Arguments and results of its methods can cross threads. */
class SqliteFile {
  readonly #path: string;
  #sqlite: DatabaseSync | undefined;
  #perform: PerformSqlite | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Closes the file. The next `open` opens it again. */
  close(): void {
    this.#sqlite?.close();
    this.#sqlite = this.#perform = undefined;
  }

  /** Opens the file again in the present format. A store in memory stays. */
  open(migrations: readonly Migration[]): void {
    if (this.#sqlite && this.#path === ':memory:') return;
    this.close();
    this.#sqlite = openSqlite(this.#path, migrations);
    this.#perform = createPerformer(this.#sqlite);
  }

  /** Runs one statement of SQL. Throws SQLite's errors, or BotError while closed. */
  perform(text: string, values: readonly unknown[]): StatementResult {
    // The thread with the open file broke.
    if (!this.#perform)
      throw new BotError('store.unreadable', true, `${this.#path} is closed.`);
    return this.#perform(text, values);
  }
}

/** Returns calls to a file on this thread. They reject with BotError `store.*`. */
export function createLocalFile(path: string): FileCall {
  const file = new SqliteFile(path);
  return async (name, ...args) => {
    try {
      return Reflect.apply(file[name], file, args);
    } catch (cause) {
      throw toStoreError(path, cause);
    }
  };
}

function openSqlite(path: string, migrations: readonly Migration[]) {
  if (path !== ':memory:') makeFolder(dirname(path));
  const sqlite = new DatabaseSync(path, {
    timeout: innerWaitMs,
    enableForeignKeyConstraints: true,
  });
  try {
    checkFormat(`The store ${path}`, readSchemaVersion(sqlite), migrations);
    sqlite.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
      PRAGMA temp_store = MEMORY; PRAGMA cache_size = -${maxCacheKib}`);
    const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (bytes <= checkedBytes && !isWhole(sqlite)) throw createDamagedStoreError(path);
    migrateStore(sqlite, migrations);
    // The log may hold deleted bytes of a killed process. Closing empties it if this must wait.
    sqlite.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return sqlite;
  } catch (error) {
    sqlite.close();
    throw error;
  }
}
