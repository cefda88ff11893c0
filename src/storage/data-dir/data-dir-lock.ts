import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { makeFolder } from '#src/base/make-folder.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { isBusy } from '#src/sql/store-errors.ts';

export type DataDirOwner = {
  readonly pid?: number;
  readonly host?: string;
  /** Names the process in a sentence, as `process 12 on host`. */
  readonly description: string;
};

export type DataDirLockOptions = {
  readonly clock: Clock;
  /** Called once if another process holds the folder. Absent: no waiting. */
  readonly onWait?: (message: string) => void;
};

/** An orderly end takes up to 8 s. */
const patienceMs = 15_000;
const retryMs = 100;

/**
 * Locks a `DATA_DIR` for this process. Waits 15 s, then throws BotError `store.in_use`.
 * An unwritable folder is not locked.
 */
export async function lockDataDir(
  dataDir: string,
  { clock, onWait }: DataDirLockOptions,
  signal: AbortSignal,
): Promise<Disposable> {
  const untilMs = clock.nowMs() + (onWait ? patienceMs : 0);
  for (let report = onWait; ; report = undefined) {
    const lock = tryLock(dataDir);
    if (lock) return lock;
    const conflict = `DATA_DIR ${dataDir} is in use by ${readOwner(dataDir).description}`;
    if (clock.nowMs() >= untilMs) {
      throw new BotError(
        'store.in_use',
        false,
        `${conflict}: end that process, or give each bot its own DATA_DIR.`,
      );
    }
    report?.(`${conflict}: waiting ${patienceMs / 1000} s for it to end.`);
    await clock.sleep(retryMs, signal);
  }
}

/** Finds the process that holds the lock of the folder. Never throws, and does not wait. */
export function findDataDirOwner(dataDir: string): DataDirOwner | undefined {
  try {
    using sqlite = new DatabaseSync(toLockPath(dataDir), {
      readOnly: true,
      timeout: 0,
    });
    sqlite.prepare('SELECT count(*) FROM sqlite_schema').get();
    return undefined;
  } catch (error) {
    return isBusy(error) ? readOwner(dataDir) : undefined;
  }
}

/** Undefined while another process holds the lock. */
function tryLock(dataDir: string) {
  try {
    makeFolder(dataDir);
    using stack = new DisposableStack();
    stack
      .use(new DatabaseSync(toLockPath(dataDir), { timeout: 0 }))
      .exec('BEGIN EXCLUSIVE');
    stack.defer(() => rmSync(toOwnerPath(dataDir), { force: true }));
    writeFileSync(
      toOwnerPath(dataDir),
      JSON.stringify({ pid: process.pid, host: hostname() }),
    );
    return stack.move();
  } catch (error) {
    return isBusy(error) ? undefined : new DisposableStack();
  }
}

function toLockPath(dataDir: string) {
  // Closing this file elsewhere in the process would free a POSIX lock.
  return join(dataDir, 'parley.lock');
}

function toOwnerPath(dataDir: string) {
  return join(dataDir, 'parley.lock.json');
}

function readOwner(dataDir: string): DataDirOwner {
  try {
    const { pid, host } = JSON.parse(readFileSync(toOwnerPath(dataDir), 'utf8'));
    return { pid, host, description: `process ${pid} on ${host}` };
  } catch {
    return { description: 'another process' };
  }
}
