import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, rmdir, stat, unlink, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '#src/base/clock.ts';

/** Where a part stands until it is whole: beside the file or folder that it becomes. */
export type PartPlace = {
  /** Path of the whole. */
  readonly path: string;
  /** Makes an empty part. Does nothing if there is one. */
  readonly createPart: (partPath: string) => Promise<unknown>;
};

/** A part that nobody has touched for this long is left over of a process that was killed. */
const leftOverMs = 60_000;
/** Whoever has a part touches it, also while its server is silent, or its hash is computed. */
const touchEveryMs = 10_000;
/** Wait for whoever has the part. */
const claimEveryMs = 1_000;
/** Nobody goes on with a part that was left for longer. */
const maxPartAgeMs = 7 * 86_400_000;

/** The part of one fetch. Disposing leaves it to the next one. */
export class ClaimedPart implements AsyncDisposable {
  /** A name that no other fetch takes while this one lives. */
  readonly path: string;
  readonly #freePath: string;
  readonly #clock: Clock;
  #stopTouching: () => void;

  constructor(path: string, freePath: string, clock: Clock) {
    this.path = path;
    this.#freePath = freePath;
    this.#clock = clock;
    this.#stopTouching = this.#touchLater();
  }

  /** Gives the part back, if it has not become the whole. An empty one is worth nothing. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopTouching();
    if (await removeEmpty(this.path)) return;
    // A folder cannot take the place of another one: it is left over, and removed as such.
    await rename(this.path, this.#freePath).catch(() => undefined);
  }

  #touchLater() {
    return this.#clock.later(touchEveryMs, () => {
      this.#stopTouching = this.#touchLater();
      void touch(this.path, this.#clock).catch(() => undefined);
    });
  }
}

/**
 * Takes the part of a fetch by giving it another name, which only one can do, also of two processes. Waits while another fetch has it:
 * look then whether the whole is there.
 *
 * @example
 * import { writeFile } from 'node:fs/promises';
 * import { realClock } from '#src/base/clock.ts';
 * import { claimPart } from '#src/downloads/claim-part.ts';
 *
 * declare const signal: AbortSignal;
 * const createPart = (path: string) => writeFile(path, '', { flag: 'a' });
 * await using part = await claimPart({ path: './data/model.gguf', createPart }, realClock, signal);
 * console.log(part.path); // ./data/model.gguf.part-...
 */
export async function claimPart(
  { createPart, path }: PartPlace,
  clock: Clock,
  signal: AbortSignal,
): Promise<ClaimedPart> {
  const freePath = toFreePath(path);
  const ownPath = `${freePath}-${randomUUID()}`;
  for (;;) {
    signal.throwIfAborted();
    const parts = await listParts(path);
    for (const part of parts) {
      if (!(await isFree(part, path, clock))) continue;
      if (!(await succeeds(rename(part, ownPath)))) continue;
      await touch(ownPath, clock);
      return new ClaimedPart(ownPath, freePath, clock);
    }
    if (parts.length > 0) await clock.sleep(claimEveryMs, signal);
    // Two that begin at once find one part.
    else await createPart(freePath);
  }
}

/** Removes what earlier fetches of a path have left, but no part that somebody has. */
export async function removeLeftParts(path: string, clock: Clock): Promise<void> {
  for (const part of await listParts(path))
    if (await isFree(part, path, clock)) await removePart(part);
}

/** Removes all parts of a path. Throws the error of the system. */
export async function removeAllParts(path: string): Promise<void> {
  for (const part of await listParts(path))
    await rm(part, { recursive: true, force: true });
}

/** Removes parts in a folder, and in those inside it, that nobody has gone on with for a week. */
export async function removeOldParts(folder: string, clock: Clock): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    const isPart = partName.test(entry.name);
    if (isPart && (await getAgeMs(path, clock)) > maxPartAgeMs) await removePart(path);
    else if (!isPart && entry.isDirectory()) await removeOldParts(path, clock);
  }
}

const partName = /\.part(?:-[\w-]+)?$/;

function toFreePath(path: string) {
  return `${path}.part`;
}

async function listParts(path: string): Promise<readonly string[]> {
  const start = basename(toFreePath(path));
  const names = await readdir(dirname(path)).catch(() => []);
  return names
    .filter((name) => name.startsWith(start) && partName.test(name))
    .map((name) => join(dirname(path), name));
}

async function isFree(part: string, path: string, clock: Clock) {
  return part === toFreePath(path) || (await getAgeMs(part, clock)) > leftOverMs;
}

/** How long nobody has touched a part. None that is gone is old. */
async function getAgeMs(part: string, clock: Clock) {
  const found = await stat(part).catch(() => undefined);
  return found ? clock.wallMs() - found.mtimeMs : 0;
}

async function touch(path: string, clock: Clock) {
  const now = clock.wallMs() / 1_000;
  await utimes(path, now, now);
}

/** A program that outlived its bot may still write into a folder, which the next start then removes. */
async function removePart(path: string) {
  await rm(path, { recursive: true, force: true }).catch(() => undefined);
}

async function removeEmpty(path: string) {
  const found = await stat(path).catch(() => undefined);
  if (!found) return true;
  if (found.isDirectory()) return await succeeds(rmdir(path));
  return found.size === 0 && (await succeeds(unlink(path)));
}

async function succeeds(work: Promise<unknown>) {
  return await work.then(
    () => true,
    () => false,
  );
}
