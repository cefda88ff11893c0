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

export type FileCall = <Name extends keyof SqliteFile>(
  name: Name,
  ...args: Parameters<SqliteFile[Name]>
) => Promise<ReturnType<SqliteFile[Name]>>;

/**
 * Larger files are not checked at the start: 200 MB take 0.9 s from memory and a minute
 * from a slow disk.
 */
const checkedBytes = 32 * 2 ** 20;
const mostCacheKib = 16_000;
/** A wait inside SQLite stops every voice of the process. */
const innerWaitMs = 5;

type SqliteFile = ReturnType<typeof createSqliteFile>;

/** Its arguments and results can cross threads. */
function createSqliteFile(path: string) {
  let sqlite: DatabaseSync | undefined;
  let perform: ReturnType<typeof createPerformer> | undefined;
  const closeFile = () => {
    sqlite?.close();
    sqlite = perform = undefined;
  };
  return {
    close: closeFile,

    /** Opens the file again in the present format. A store in memory stays. */
    open(migrations: readonly Migration[]) {
      if (sqlite && path === ':memory:') return;
      closeFile();
      sqlite = openSqlite(path, migrations);
      perform = createPerformer(sqlite);
    },

    perform(text: string, values: readonly unknown[]) {
      // The thread with the open file broke.
      if (!perform) throw new BotError('store.unreadable', true, `${path} is closed.`);
      return perform(text, values);
    },
  };
}

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
    // The log may hold deleted bytes of a killed process. Closing empties it if this must wait.
    sqlite.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return sqlite;
  } catch (error) {
    sqlite.close();
    throw error;
  }
}
