import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { makeFolder } from '#src/base/make-folder.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { asTrouble, isBusy } from '#src/sql/trouble.ts';

/** The process that works on a `DATA_DIR`, as it named itself. */
export type DataDirOwner = {
  readonly pid: number;
  readonly host: string;
  /** ISO 8601. */
  readonly since: string;
  readonly version: string;
};

export type DataDirLockOptions = {
  readonly clock: Clock;
  /** Version of this program, shown to a process that is refused. */
  readonly version: string;
  /** Told once, in one sentence, when another process holds the folder. */
  readonly onWait: (message: string) => void;
  /** Longest wait, in ms, for that process; default 15 s. */
  readonly patienceMs?: number;
};

/** Longest wait, in ms, for the process before this one: an orderly end takes up to 8 s. */
const usualPatienceMs = 15_000;
const retryMs = 100;

/**
 * Exclusive lock of a `DATA_DIR`: an SQLite transaction that is never committed, on a file of its own. The operating system
 * frees it when its process ends, however that ends.
 *
 * Waits 15 s for another process, then throws BotError `store.in_use`. A folder that cannot be written is not locked: the
 * store tells of it. Aborting `signal` throws its reason.
 */
export async function lockDataDir(
  dataDir: string,
  { clock, version, onWait, patienceMs = usualPatienceMs }: DataDirLockOptions,
  signal: AbortSignal,
): Promise<Disposable> {
  const untilMs = clock.nowMs() + patienceMs;
  let isReported = false;
  for (;;) {
    signal.throwIfAborted();
    const lock = tryLock(dataDir, { version, sinceMs: clock.wallMs() });
    if (lock) return lock;
    if (clock.nowMs() >= untilMs) throw inUse(dataDir);
    if (!isReported) onWait(`${heldWords(dataDir)}: waiting ${patienceMs / 1000} s for it to end.`);
    isReported = true;
    await clock.sleep(retryMs, signal);
  }
}

/** Process that works on `dataDir` now: undefined for none, `unnamed` for one that has not named itself. */
export function dataDirOwner(dataDir: string): DataDirOwner | 'unnamed' | undefined {
  try {
    using sqlite = new DatabaseSync(lockPath(dataDir), { readOnly: true, timeout: 0 });
    sqlite.prepare('SELECT count(*) FROM sqlite_schema').get();
    return undefined;
  } catch (error) {
    return isBusy(error) ? (readOwner(dataDir) ?? 'unnamed') : undefined;
  }
}

/** Undefined while another process holds it. */
function tryLock(
  dataDir: string,
  { version, sinceMs }: { readonly version: string; readonly sinceMs: number },
): Disposable | undefined {
  try {
    makeFolder(dataDir);
    const sqlite = new DatabaseSync(lockPath(dataDir), { timeout: 0 });
    try {
      sqlite.exec('BEGIN EXCLUSIVE');
      writeOwner(dataDir, {
        pid: process.pid,
        host: hostname(),
        since: new Date(sinceMs).toISOString(),
        version,
      });
      return releasing(dataDir, sqlite);
    } catch (error) {
      sqlite.close();
      throw error;
    }
  } catch (error) {
    if (isBusy(error)) return undefined;
    if (asTrouble('store.unwritable', dataDir, error) === error) throw error;
    return { [Symbol.dispose]: () => undefined };
  }
}

function releasing(dataDir: string, sqlite: DatabaseSync): Disposable {
  return {
    [Symbol.dispose]() {
      rmSync(ownerPath(dataDir), { force: true });
      sqlite.close();
    },
  };
}

/** Only SQLite may open this file in the bot's process: on POSIX systems, closing it would free the lock. */
function lockPath(dataDir: string): string {
  return join(dataDir, 'parley.lock');
}

function ownerPath(dataDir: string): string {
  return join(dataDir, 'parley.lock.json');
}

/** Names the owner of the lock, except on a full disk: a lock without a name is better than none. */
function writeOwner(dataDir: string, owner: DataDirOwner): void {
  const path = ownerPath(dataDir);
  try {
    rmSync(path, { force: true });
    writeFileSync(`${path}.part`, JSON.stringify(owner), { mode: 0o600 });
    renameSync(`${path}.part`, path);
  } catch {
    rmSync(`${path}.part`, { force: true });
  }
}

function readOwner(dataDir: string): DataDirOwner | undefined {
  try {
    const read: unknown = JSON.parse(readFileSync(ownerPath(dataDir), 'utf8'));
    return isOwner(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

function isOwner(value: unknown): value is DataDirOwner {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, host, since, version } = value as Partial<Record<keyof DataDirOwner, unknown>>;
  return typeof pid === 'number' && [host, since, version].every((one) => typeof one === 'string');
}

function inUse(dataDir: string): BotError {
  const message = `${heldWords(dataDir)}: end that process, or give each bot its own DATA_DIR.`;
  return new BotError('store.in_use', false, message);
}

function heldWords(dataDir: string): string {
  const owner = readOwner(dataDir);
  return `DATA_DIR ${dataDir} is in use by ${owner ? ownerWords(owner) : 'another process'}`;
}

/** The owner of a lock, as an operator reads it. */
function ownerWords({ pid, host, since, version }: DataDirOwner): string {
  return `process ${pid} on ${host} (Parley ${version}, since ${since})`;
}
