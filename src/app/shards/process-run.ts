import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import packageJson from '#package.json' with { type: 'json' };
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { makeFolder } from '#src/base/make-folder.ts';
import { lockDataDir } from '#src/storage/data-dir/data-dir-lock.ts';

/** Start of a process, and when it began to log in. */
const start = z.object({ atWallMs: z.number(), readyAtWallMs: z.number() });
const storedRun = z.object({
  starts: z.array(start),
  identifies: z
    .object({ total: z.number(), remaining: z.number(), resetAtWallMs: z.number() })
    .optional(),
});
type Start = z.infer<typeof start>;
type StoredRun = z.infer<typeof storedRun>;

/** Number of starts within a time, in ms, that counts as a loop of crashes; waiting does not count. */
const [crashes, crashesMs] = [3, 300_000];
/** Waits, in ms, before the next login: twice as long after each further crash. */
const [firstBackoffMs, longestBackoffMs] = [60_000, 900_000];

/** Time, in ms, to wait before logging in after these starts, none of which ended in order. */
export function crashBackoffMs(starts: readonly Start[], nowWallMs: number): number {
  const livedMs = starts.map(({ readyAtWallMs }, n) =>
    Math.max(0, (starts[n + 1]?.atWallMs ?? nowWallMs) - readyAtWallMs),
  );
  let inLoop = 0;
  for (let end = livedMs.length; end >= crashes; end--) {
    const sumMs = livedMs.slice(end - crashes, end).reduce((sum, ms) => sum + ms, 0);
    if (sumMs >= crashesMs) break;
    inLoop++;
  }
  return inLoop === 0 ? 0 : Math.min(longestBackoffMs, firstBackoffMs * 2 ** (inLoop - 1));
}

/**
 * One run of the bot over its `DATA_DIR`, with the starts before it. A process that shares the folder with another one, or
 * cannot write there, knows of none.
 */
export class ProcessRun implements Disposable {
  readonly backoffMs: number;
  readonly starts: number;
  readonly #path: string | undefined;
  readonly #lock: Disposable | undefined;
  #stored: StoredRun;

  private constructor(path: string | undefined, lock: Disposable | undefined, clock: Clock) {
    this.#path = path;
    this.#lock = lock;
    const former = path === undefined ? undefined : readRun(path);
    const starts = former?.starts.slice(-2 * crashes - 4) ?? [];
    const atWallMs = clock.wallMs();
    this.backoffMs = crashBackoffMs(starts, atWallMs);
    this.starts = starts.length;
    const own = { atWallMs, readyAtWallMs: atWallMs + this.backoffMs };
    const { identifies } = former ?? {};
    this.#stored = { starts: [...starts, own], identifies };
    this.#write();
  }

  static async open(dataDir: string, clock: Clock, signal: AbortSignal): Promise<ProcessRun> {
    const folder = join(dataDir, 'process');
    try {
      const { version } = packageJson;
      const options = { clock, version, onWait: () => undefined, patienceMs: 0 };
      const lock = await lockDataDir(folder, options, signal);
      return new ProcessRun(join(folder, 'process.json'), lock, clock);
    } catch (error) {
      if (!(error instanceof BotError)) throw error;
      return new ProcessRun(undefined, undefined, clock);
    }
  }

  get identifies(): StoredRun['identifies'] {
    return this.#stored.identifies;
  }

  count(identifies: StoredRun['identifies']): void {
    this.#stored = { ...this.#stored, identifies };
    this.#write();
  }

  /** The run ends in order: the starts before it are no loop of crashes. */
  end(): void {
    this.#stored = { ...this.#stored, starts: [] };
    this.#write();
  }

  [Symbol.dispose](): void {
    this.#lock?.[Symbol.dispose]();
  }

  /** A folder that cannot be written costs what is known of former starts, and no more. */
  #write(): void {
    if (this.#path === undefined) return;
    try {
      makeFolder(join(this.#path, '..'));
      writeFileSync(`${this.#path}.part`, JSON.stringify(this.#stored), { mode: 0o600 });
      renameSync(`${this.#path}.part`, this.#path);
    } catch {
      // The store tells of it.
    }
  }
}

function readRun(path: string): StoredRun | undefined {
  try {
    return storedRun.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}
