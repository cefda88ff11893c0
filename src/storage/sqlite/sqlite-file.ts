import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { BotError } from '#src/base/errors.ts';
import { makeFolder } from '#src/base/make-folder.ts';
import { createPerformer, DatabaseSync, isWhole } from '#src/sql/sqlite.ts';
import { createDamagedStoreError, toStoreError } from '#src/sql/store-errors.ts';
import {
  checkFormat,
  type Migration,
  migrateStore,
  readSchemaVersion,
} from '#src/storage/schema.ts';

/** Performs an operation of a file, on this thread or another. Errors: BotError `store.unreadable`. */
export type FileCall = <Name extends keyof SqliteFile>(
  name: Name,
  ...args: Parameters<SqliteFile[Name]>
) => Promise<ReturnType<SqliteFile[Name]>>;

/**
 * Largest file, in bytes, that is read through for damage when it is opened. Reading 200 MB takes 0.9 s from memory and a minute from a
 * slow disk; there damage is told when it is met.
 */
const checkedBytes = 32 * 2 ** 20;
/** Most memory, in KiB, for pages that were read. */
const mostCacheKib = 16_000;
/** SQLite waits inside the call, and with it every voice of this process; so it waits this long only. */
const innerWaitMs = 5;

type SqliteFile = ReturnType<typeof createSqliteFile>;

/** One file of SQLite; `:memory:` is a store that ends with its thread. Arguments and results are data, so that they can cross threads. */
function createSqliteFile(path: string) {
  let sqlite: DatabaseSync | undefined;
  let perform: ReturnType<typeof createPerformer> | undefined;
  const closeFile = () => {
    sqlite?.close();
    sqlite = perform = undefined;
  };
  return {
    close: closeFile,

    /** Opens the file, or opens it anew, in the present format. What is in memory stays. */
    open(migrations: readonly Migration[]) {
      if (sqlite && path === ':memory:') return;
      closeFile();
      sqlite = openSqlite(path, migrations);
      perform = createPerformer(sqlite);
    },

    perform(text: string, values: readonly unknown[]) {
      // The thread that had it open broke.
      if (!perform) throw new BotError('store.unreadable', true, `${path} is closed.`);
      return perform(text, values);
    },
  };
}

/** A file on this thread, which stands still for every sync of the disk. */
export function createLocalFile(path: string): FileCall {
  const file = createSqliteFile(path);
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
      PRAGMA temp_store = MEMORY; PRAGMA cache_size = -${mostCacheKib}`);
    const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (bytes <= checkedBytes && !isWhole(sqlite)) throw createDamagedStoreError(path);
    migrateStore(sqlite, migrations);
    // What a killed process deleted may still stand in its log; where that must wait, closing does it.
    sqlite.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return sqlite;
  } catch (error) {
    sqlite.close();
    throw error;
  }
}
