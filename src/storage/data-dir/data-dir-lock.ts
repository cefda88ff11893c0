import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import packageJson from '#package.json' with { type: 'json' };
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { makeFolder } from '#src/base/make-folder.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { isBusy } from '#src/sql/trouble.ts';

const ownerSchema = z.object({
  pid: z.number(),
  host: z.string(),
  /** ISO 8601. */
  since: z.string(),
  version: z.string(),
});

/** The process that works on a `DATA_DIR`, as it named itself. */
export type DataDirOwner = Readonly<z.infer<typeof ownerSchema>>;

export type DataDirLockOptions = {
  readonly clock: Clock;
  /** Told once, in one sentence, when another process holds the folder. Absent: that process is not waited for. */
  readonly onWait?: (message: string) => void;
};

/** Longest wait, in ms, for the process before this one: an orderly end takes up to 8 s. */
const patienceMs = 15_000;
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
  { clock, onWait }: DataDirLockOptions,
  signal: AbortSignal,
): Promise<Disposable> {
  const untilMs = clock.nowMs() + (onWait ? patienceMs : 0);
  let isReported = false;
  for (;;) {
    signal.throwIfAborted();
    const since = new Date(clock.wallMs()).toISOString();
    const lock = tryLock(dataDir, {
      pid: process.pid,
      host: hostname(),
      since,
      version: packageJson.version,
    });
    if (lock) return lock;
    if (clock.nowMs() >= untilMs) throw inUse(dataDir);
    if (!isReported)
      onWait?.(`${heldWords(dataDir)}: waiting ${patienceMs / 1000} s for it to end.`);
    isReported = true;
    await clock.sleep(retryMs, signal);
  }
}

/** Process that works on `dataDir` now; undefined for none, `unnamed` for one whose name cannot be read. */
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
function tryLock(dataDir: string, owner: DataDirOwner): Disposable | undefined {
  try {
    makeFolder(dataDir);
    using stack = new DisposableStack();
    stack.use(new DatabaseSync(lockPath(dataDir), { timeout: 0 })).exec('BEGIN EXCLUSIVE');
    stack.defer(() => rmSync(ownerPath(dataDir), { force: true }));
    writeFileSync(ownerPath(dataDir), JSON.stringify(owner));
    return stack.move();
  } catch (error) {
    return isBusy(error) ? undefined : new DisposableStack();
  }
}

/** Only SQLite may open this file in the bot's process: on POSIX systems, closing it would free the lock. */
function lockPath(dataDir: string): string {
  return join(dataDir, 'parley.lock');
}

function ownerPath(dataDir: string): string {
  return join(dataDir, 'parley.lock.json');
}

function readOwner(dataDir: string): DataDirOwner | undefined {
  try {
    return ownerSchema.parse(JSON.parse(readFileSync(ownerPath(dataDir), 'utf8')));
  } catch {
    return undefined;
  }
}

function inUse(dataDir: string): BotError {
  const message = `${heldWords(dataDir)}: end that process, or give each bot its own DATA_DIR.`;
  return new BotError('store.in_use', false, message);
}

function heldWords(dataDir: string): string {
  const owner = readOwner(dataDir);
  const words = owner
    ? `process ${owner.pid} on ${owner.host} (Parley ${owner.version}, since ${owner.since})`
    : 'another process';
  return `DATA_DIR ${dataDir} is in use by ${words}`;
}
