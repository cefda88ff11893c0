import { randomUUID } from 'node:crypto';
import { chmodSync, closeSync, fdatasyncSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '#src/base/clock.ts';
import { makeFolder } from '#src/base/make-folder.ts';
import type { Connection } from '#src/sql/connection.ts';
import { DatabaseSync, SqliteConnection } from '#src/sql/sqlite.ts';
import type { StoreDatabase, Work } from '#src/sql/store-database.ts';
import type { StoreCode } from '#src/sql/store-part.ts';
import { asTrouble, damaged, isBusy, removed } from '#src/sql/trouble.ts';
import { checkFormat, type Migration, migrate, versionIn } from './schema.ts';
import { clearUnusedBytes } from './unused-bytes.ts';

export type StoreOptions = {
  readonly clock: Clock;
  /** Longest time, in ms, that another program may hold the store before an operation fails; default 2 s. */
  readonly patienceMs?: number;
  /** The store is full at this size; default: when its disk is. */
  readonly maxBytes?: number;
};

/** Migrations and limits of one kind of file. */
export type DatabaseFormat = {
  readonly migrations: readonly Migration[];
  /** Largest file, in bytes, that is read through for damage when it is opened. */
  readonly checkedBytes: number;
  /** Most memory, in KiB, for pages that were read. */
  readonly cacheKib: number;
};

/** SQLite waits inside the call, and with it every voice of this process; so it waits this long only. */
const innerWaitMs = 5;
const retryMs = 25;
/** Pages whose unused bytes are overwritten at a time: 4 MB, which takes about 10 ms. */
const pagesAtOnce = 1_024;

/**
 * One SQLite file, opened and of the present format; `:memory:` is a store that ends with the process.
 *
 * Errors: BotError `store.unreadable`.
 */
export async function openDatabase(
  path: string,
  options: StoreOptions,
  format: DatabaseFormat,
): Promise<Database> {
  const { clock, patienceMs = 2_000 } = options;
  const never = new AbortController().signal;
  try {
    const open = async () => openSqlite(path, format, options.maxBytes);
    const sqlite = await whenFree(open, clock, clock.nowMs() + patienceMs, never);
    return new Database(path, sqlite, clock, patienceMs);
  } catch (error) {
    throw asTrouble('store.unreadable', path, error);
  }
}

/**
 * A file of SQLite on this thread. One operation at a time is under way, in the order in which they were asked for; while another
 * program holds the file, it waits, and with it those behind it.
 */
export class Database implements Disposable, StoreDatabase {
  readonly path: string;
  readonly isShared = false;
  readonly isAway = false;
  readonly #sqlite: DatabaseSync;
  readonly #clock: Clock;
  readonly #patienceMs: number;
  readonly #fileId: string;
  readonly #connection: Connection;
  /** The file itself. POSIX ends SQLite's locks where a process closes any descriptor of the file, so it is open until SQLite's is closed. */
  #file: number | undefined;
  readonly #closing = new AbortController();
  /** The operation before the next one; never rejects. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string, sqlite: DatabaseSync, clock: Clock, patienceMs: number) {
    this.path = path;
    this.#sqlite = sqlite;
    this.#clock = clock;
    this.#patienceMs = patienceMs;
    this.#fileId = fileId(path);
    this.#connection = new SqliteConnection(sqlite, randomUUID(), () => clock.wallMs());
  }

  get place(): string {
    return this.path;
  }

  read<T>(work: Work<T>): Promise<T> {
    return this.#add('store.unreadable', () => work(this.#connection));
  }

  readTogether<T>(work: Work<T>): Promise<T> {
    return this.read(work);
  }

  write<T>(work: Work<T>): Promise<T> {
    return this.#add('store.unwritable', () => this.#wholly(() => work(this.#connection)));
  }

  writeNow<T>(work: Work<T>): Promise<T> {
    return this.write(work);
  }

  async eraseInPortions<T>(portion: Work<T>, isMore: (done: T) => boolean): Promise<void> {
    while (isMore(await this.write(portion))) await setImmediate(); // others take their turn
    await this.#add('store.unwritable', async () => emptyLog(this.#sqlite));
  }

  /** Empties the log, and overwrites unused bytes of all pages, in portions. Errors: BotError `store.unwritable`. */
  async scrub(): Promise<void> {
    if (this.path === ':memory:') return;
    this.#file ??= openSync(this.path, 'r+');
    const file = this.#file;
    const pageBytes = pageBytesOf(this.#sqlite);
    const pages = Buffer.alloc(pagesAtOnce * pageBytes);
    const clear = (from: number) => async () => {
      emptyLog(this.#sqlite);
      return await this.#wholly(async () => {
        if (sizeOf(`${this.path}-wal`) > 0) throw sqliteError('ERR_SQLITE_ERROR', 5);
        const bytes = clearUnusedBytes(file, from, pages, pageBytes);
        fdatasyncSync(file); // at the end it would hold the thread for 0.3 s
        // Pages in memory are written with their unused bytes.
        this.#sqlite.exec('PRAGMA shrink_memory');
        return bytes;
      });
    };
    for (let from = 0, bytes = pages.length; bytes === pages.length; from += bytes) {
      bytes = await this.#add('store.unwritable', clear(from));
      await setImmediate();
    }
  }

  /** Closes the database; operations that still wait for another program fail. */
  [Symbol.dispose](): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(sqliteError('ERR_INVALID_STATE'));
    this.#sqlite.close();
    if (this.#file !== undefined) closeSync(this.#file);
  }

  /** All of `work` or nothing of it, on disk when it resolves. */
  async #wholly<T>(work: () => Promise<T>): Promise<T> {
    if (fileId(this.path) !== this.#fileId) throw removed(this.path);
    this.#sqlite.exec('BEGIN IMMEDIATE');
    try {
      const done = await work();
      this.#sqlite.exec('COMMIT');
      return done;
    } catch (error) {
      if (this.#sqlite.isTransaction) this.#sqlite.exec('ROLLBACK');
      throw error;
    }
  }

  /** Works after what was asked for before, and tries for as long as another program may hold the file. */
  async #add<T>(code: StoreCode, work: () => Promise<T>): Promise<T> {
    const untilMs = this.#clock.nowMs() + this.#patienceMs;
    const { signal } = this.#closing;
    const done = this.#last.then(() => whenFree(work, this.#clock, untilMs, signal));
    this.#last = done.catch(() => undefined);
    try {
      return await done;
    } catch (error) {
      throw asTrouble(code, this.path, error);
    }
  }
}

/** Which file stands at `path`: SQLite writes on into one that was removed, and calls it saved. */
function fileId(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats ? `${stats.dev} ${stats.ino}` : '';
}

async function whenFree<T>(
  work: () => Promise<T>,
  clock: Clock,
  untilMs: number,
  signal: AbortSignal,
): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error) || clock.nowMs() >= untilMs) throw error;
    }
    await clock.sleep(retryMs, signal);
  }
}

function openSqlite(
  path: string,
  { migrations: steps, checkedBytes, cacheKib }: DatabaseFormat,
  maxBytes: number | undefined,
): DatabaseSync {
  if (path !== ':memory:') makeFolder(dirname(path));
  // A connection that may write changes the file before it knows the format.
  checkFormat(path, versionIn(path, innerWaitMs) ?? 0, steps);
  const sqlite = new DatabaseSync(path, {
    timeout: innerWaitMs,
    enableForeignKeyConstraints: true,
  });
  try {
    sqlite.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    sqlite.exec('PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY');
    sqlite.exec(`PRAGMA cache_size = -${cacheKib}`);
    if (sizeOf(path) <= checkedBytes) check(sqlite, path);
    migrate(sqlite, path, steps);
    // What a killed process deleted may still stand in its log; where that must wait, closing does it.
    sqlite.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    if (path !== ':memory:') keepPrivate(path);
    if (maxBytes !== undefined) limit(sqlite, maxBytes);
    return sqlite;
  } catch (error) {
    sqlite.close();
    throw error;
  }
}

/** Size of a file in bytes; 0 where there is none. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function check(sqlite: DatabaseSync, path: string): void {
  if (sqlite.prepare('PRAGMA quick_check(1)').get()?.quick_check !== 'ok') throw damaged(path);
}

/** For the bot's own user only, also what an earlier version made readable. SQLite gives `-wal` and `-shm` the same mode. */
function keepPrivate(path: string): void {
  for (const ending of ['', '-wal', '-shm']) {
    try {
      chmodSync(`${path}${ending}`, 0o600);
    } catch {
      // The file is missing or belongs to another user: its use will show that soon.
    }
  }
}

function limit(sqlite: DatabaseSync, maxBytes: number): void {
  const pages = Math.max(1, Math.floor(maxBytes / pageBytesOf(sqlite)));
  sqlite.exec(`PRAGMA max_page_count = ${pages}`);
}

function pageBytesOf(sqlite: DatabaseSync): number {
  return Number(sqlite.prepare('PRAGMA page_size').get()?.page_size);
}

/** Deleted bytes live on in the log until it is emptied; a reader elsewhere keeps it from that for a moment. */
function emptyLog(sqlite: DatabaseSync): void {
  const log = sqlite.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
  if (log?.busy === 1) throw sqliteError('ERR_SQLITE_ERROR', 5);
}

/** In the shape of node:sqlite's own. */
function sqliteError(code: string, errcode?: number): Error {
  return Object.assign(new Error(code), { code, ...(errcode && { errcode }) });
}
