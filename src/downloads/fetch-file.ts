import { randomUUID } from 'node:crypto';
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '#src/base/clock.ts';
import { formatSize, hashFile, readFreeBytes } from '#src/base/disk.ts';
import { BotError, getErrorMessage } from '#src/base/errors.ts';
import { toRecord } from '#src/base/json.ts';
import { getNeededDiskBytes } from './catalogue.ts';

/** A file as it has to be, whatever a server sends. */
export type WantedFile = {
  readonly url: string;
  /** Where the file stands once it is whole. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
};

/** How far a fetch has come. */
export type FetchProgress = {
  readonly doneBytes: number;
  readonly bytes: number;
  /** Estimated by the speed of this fetch. Undefined in its first second. */
  readonly leftMs: number | undefined;
};

export type FetchDeps = {
  readonly clock: Clock;
  /** Default: that of Node, behind the proxy of the environment (`NODE_USE_ENV_PROXY=1`). */
  readonly fetch?: typeof fetch;
  /** Free bytes on the disk of a folder. Default: the system's answer. */
  readonly readFreeBytes?: (folder: string) => Promise<number>;
  /** Called about once a second. Never throws. */
  readonly onProgress?: (progress: FetchProgress) => void;
};

/** Attempts after a break. Each one that brought new bytes begins the count anew. */
const maxTries = 5;
const firstPauseMs = 500;
/** A server that is silent for this long counts as a break. */
const silenceMs = 30_000;
const progressEveryMs = 1_000;
/** A part that is touched by nobody for longer than a silence and a pause is left over of a process that was killed. */
const leftOverMs = 60_000;
/** Wait for another fetch of the same file. */
const claimEveryMs = 1_000;

/**
 * Fetches a file, and gives it its name only once its size and its SHA-256 are right. What is there of an earlier fetch is
 * gone on with, by a request for the rest. A file that is already there is checked once more.
 *
 * Throws BotError `download.failed` with one sentence: too little disk, no answer, another size, another content. A wrong
 * content is removed, and a part that may still become right stays for the next try. Aborting throws `signal.reason`.
 * Of two fetches of the same file, also in two processes, the second waits for the first.
 *
 * @example
 * import { realClock } from '#src/base/clock.ts';
 * import { fetchFile, type WantedFile } from '#src/downloads/fetch-file.ts';
 *
 * declare const file: WantedFile;
 * declare const signal: AbortSignal;
 * await fetchFile(file, { clock: realClock, onProgress: ({ leftMs }) => console.log(leftMs) }, signal);
 */
export async function fetchFile(
  file: WantedFile,
  deps: FetchDeps,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  try {
    await mkdir(dirname(file.path), { recursive: true });
    const claimedPath = await claimPart(file, deps, signal);
    if (claimedPath === undefined) return;
    try {
      await new FileFetch(file, claimedPath, deps).run(signal);
    } finally {
      await giveBack(claimedPath, toPartPath(file.path));
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof BotError) throw error;
    throw createDiskError(file, error);
  }
}

/** Removes a file that was fetched, and all parts of it. Throws the error of the system. */
export async function removeFetched(path: string): Promise<void> {
  const folder = dirname(path);
  for (const name of [basename(path), ...(await listParts(path))])
    await rm(join(folder, name), { force: true });
}

function toPartPath(path: string) {
  return `${path}.part`;
}

async function listParts(path: string): Promise<readonly string[]> {
  const start = basename(toPartPath(path));
  const names = await readdir(dirname(path)).catch(() => []);
  return names.filter((name) => name.startsWith(start));
}

async function isWhole({ bytes, path, sha256 }: WantedFile) {
  return (await readSize(path)) === bytes && (await hashFile(path)) === sha256;
}

/**
 * Takes the part of a file for one fetch by giving it another name, which only one can do. Waits while another fetch has it. Undefined
 * once the file is whole.
 */
async function claimPart(
  file: WantedFile,
  { clock }: FetchDeps,
  signal: AbortSignal,
): Promise<string | undefined> {
  const path = toPartPath(file.path);
  const ownPath = `${path}-${randomUUID()}`;
  for (;;) {
    if (await isWhole(file)) return undefined;
    const parts = await listParts(file.path);
    for (const part of parts)
      if (await tryTake(join(dirname(path), part), path, ownPath, clock))
        return ownPath;
    if (parts.length > 0) await clock.sleep(claimEveryMs, signal);
    // Two that begin at once find one part.
    else await writeFile(path, '', { flag: 'a' });
  }
}

async function tryTake(part: string, path: string, ownPath: string, clock: Clock) {
  const found = await stat(part).catch(() => undefined);
  const isFree =
    part === path || (found && clock.wallMs() - found.mtimeMs > leftOverMs);
  if (!isFree) return false;
  return await rename(part, ownPath).then(
    () => true,
    () => false,
  );
}

/** Leaves a part to the next fetch. An empty one is worth nothing. */
async function giveBack(claimedPath: string, path: string) {
  const bytes = await readSize(claimedPath);
  if (bytes === undefined) return;
  await (bytes === 0 ? rm(claimedPath, { force: true }) : rename(claimedPath, path));
}

/** One fetch, with the bytes and the hash that it has so far. */
class FileFetch {
  readonly #file: WantedFile;
  readonly #deps: FetchDeps;
  readonly #partPath: string;
  #doneBytes = 0;
  #startedAtMs = 0;
  #startBytes = 0;
  #toldAtMs = 0;

  constructor(file: WantedFile, partPath: string, deps: FetchDeps) {
    this.#file = file;
    this.#deps = deps;
    this.#partPath = partPath;
  }

  /** Fetches the file and names it. Throws as `fetchFile` does. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#keepUsablePart();
    await this.#checkDisk();
    const isResumed = this.#doneBytes > 0;
    await this.#fetchParts(signal);
    if (isResumed && !(await this.#isRight())) {
      // What was there was wrong, of which the server is not guilty.
      this.#doneBytes = 0;
      await this.#fetchParts(signal);
    }
    if (!(await this.#isRight())) {
      await rm(this.#partPath, { force: true });
      throw createFetchError(
        `${this.#host} sent another file than the one that this version names. It was removed.`,
      );
    }
    await rename(this.#partPath, this.#file.path);
  }

  async #isRight() {
    return await isWhole({ ...this.#file, path: this.#partPath });
  }

  get #host() {
    return new URL(this.#file.url).host;
  }

  /** A part that is longer than the file is of something else. */
  async #keepUsablePart() {
    const partBytes = (await readSize(this.#partPath)) ?? 0;
    this.#doneBytes = partBytes > this.#file.bytes ? 0 : partBytes;
  }

  async #checkDisk() {
    const { readFreeBytes: read = readFreeBytes } = this.#deps;
    const freeBytes = await read(dirname(this.#file.path));
    const neededBytes = getNeededDiskBytes(this.#file) - this.#doneBytes;
    if (freeBytes >= neededBytes) return;
    throw createFetchError(
      `${formatSize(freeBytes)} are free on the disk of ${dirname(this.#file.path)}, and ${formatSize(neededBytes)} are needed.`,
    );
  }

  /** Asks for the rest until it is there. A break is asked again after a pause. */
  async #fetchParts(signal: AbortSignal) {
    this.#startedAtMs = this.#deps.clock.nowMs();
    this.#startBytes = this.#doneBytes;
    let tries = 0;
    let mostBytes = this.#doneBytes;
    while (this.#doneBytes < this.#file.bytes) {
      const error = await this.#tryRest(signal);
      if (error === undefined) continue;
      tries = this.#doneBytes > mostBytes ? 0 : tries + 1;
      mostBytes = Math.max(mostBytes, this.#doneBytes);
      if (tries >= maxTries) throw error;
      await this.#deps.clock.sleep(firstPauseMs * 2 ** tries, signal);
    }
  }

  /** Returns the error of a break, and throws any other. */
  async #tryRest(signal: AbortSignal) {
    try {
      await this.#fetchRest(signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof BotError && !error.retryable) throw error;
      return this.#describe(error);
    }
    if (this.#doneBytes >= this.#file.bytes) return undefined;
    return createFetchError(`${this.#host} ended the file too early.`, true);
  }

  #describe(error: unknown) {
    if (error instanceof BotError) return error;
    if (error instanceof DiskFault) throw error.cause;
    const { cause = error } = error instanceof Error ? error : { cause: error };
    return createFetchError(
      `${this.#host} does not answer (${getErrorMessage(cause)}).`,
      true,
      error,
    );
  }

  async #fetchRest(signal: AbortSignal) {
    const now = this.#deps.clock.wallMs() / 1_000;
    await onDisk(utimes(this.#partPath, now, now));
    const silence = new SilenceWatch(this.#deps.clock);
    const either = AbortSignal.any([signal, silence.signal]);
    try {
      const range = this.#doneBytes > 0 && { range: `bytes=${this.#doneBytes}-` };
      const response = await (this.#deps.fetch ?? fetch)(this.#file.url, {
        // Bytes of a packed file have no place of their own in the file.
        headers: { 'accept-encoding': 'identity', ...range },
        signal: either,
      });
      this.#acceptStatus(response);
      await this.#writeBody(response, () => silence.restart());
    } finally {
      silence.stop();
    }
  }

  /** A server may know no ranges, and then sends the whole file again. */
  #acceptStatus({ headers, status }: Response) {
    const { bytes } = this.#file;
    if (this.#doneBytes > 0 && (status === 206 || status === 416)) {
      if (this.#isRest(headers)) return;
      this.#doneBytes = 0;
      throw createFetchError(`${this.#host} sent another part than asked for.`, true);
    }
    if (status !== 200) {
      const isPassing = status >= 500 || status === 408 || status === 429;
      throw createFetchError(
        `${this.#host} answered with status ${status}.`,
        isPassing,
      );
    }
    this.#doneBytes = 0;
    const stated = headers.get('content-length');
    if (stated !== null && !isPacked(headers) && Number(stated) > bytes)
      throw createFetchError(
        `${this.#host} offers ${stated} bytes, and the file has ${bytes}.`,
      );
  }

  #isRest(headers: Headers) {
    const stated = headers.get('content-range') ?? '';
    const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(stated) ?? [];
    const isOfFile = total === '*' || Number(total) === this.#file.bytes;
    return Number(start) === this.#doneBytes && isOfFile && !isPacked(headers);
  }

  async #writeBody({ body }: Response, onBytes: () => void) {
    if (!body) return;
    await using part = await onDisk(open(this.#partPath, 'r+'));
    await onDisk(part.truncate(this.#doneBytes));
    for await (const piece of body) {
      onBytes();
      await this.#writePiece(part, piece);
    }
    await onDisk(part.sync());
  }

  async #writePiece(part: FileHandle, piece: Uint8Array) {
    if (this.#doneBytes + piece.length > this.#file.bytes) {
      await rm(this.#partPath, { force: true });
      throw createFetchError(
        `${this.#host} sent more than the ${this.#file.bytes} bytes of the file.`,
      );
    }
    // A disk that gets full takes only some of the bytes at first.
    for (let at = 0; at < piece.length; ) {
      const write = part.write(piece, at, piece.length - at, this.#doneBytes);
      const { bytesWritten } = await onDisk(write);
      at += bytesWritten;
      this.#doneBytes += bytesWritten;
    }
    this.#tellProgress();
  }

  #tellProgress() {
    const nowMs = this.#deps.clock.nowMs();
    const isLast = this.#doneBytes === this.#file.bytes;
    if (!isLast && nowMs - this.#toldAtMs < progressEveryMs) return;
    this.#toldAtMs = nowMs;
    const tookMs = nowMs - this.#startedAtMs;
    const gotBytes = this.#doneBytes - this.#startBytes;
    const { bytes } = this.#file;
    const leftMs =
      tookMs < progressEveryMs || gotBytes <= 0
        ? undefined
        : ((bytes - this.#doneBytes) * tookMs) / gotBytes;
    this.#deps.onProgress?.({ doneBytes: this.#doneBytes, bytes, leftMs });
  }
}

function isPacked(headers: Headers) {
  return headers.has('content-encoding');
}

/** Aborts once no byte has come for a while. */
class SilenceWatch {
  readonly #clock: Clock;
  readonly #late = new AbortController();
  #forget: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.restart();
  }

  /** Aborts after a silence. */
  get signal(): AbortSignal {
    return this.#late.signal;
  }

  /** Notes that a byte has come. */
  restart(): void {
    this.stop();
    this.#forget = this.#clock.later(silenceMs, () =>
      this.#late.abort(new Error('no byte for half a minute')),
    );
  }

  /** Ends the watch. */
  stop(): void {
    this.#forget?.();
  }
}

async function readSize(path: string) {
  const found = await stat(path).catch(() => undefined);
  return found?.size;
}

/** A fault of this machine's disk, for which no server is to be blamed and asked again. */
class DiskFault extends Error {}

async function onDisk<T>(work: Promise<T>): Promise<T> {
  return await work.catch((cause: unknown) => {
    throw new DiskFault('the disk', { cause });
  });
}

function createDiskError({ path }: WantedFile, error: unknown) {
  const code = toRecord(error).code;
  const folder = dirname(path);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return createFetchError(`The disk of ${folder} is full.`, false, error);
  if (code === 'ENOENT')
    return createFetchError(
      `${basename(path)} was removed while it was fetched.`,
      false,
      error,
    );
  const reason = getErrorMessage(error);
  return createFetchError(`${folder} cannot be written (${reason}).`, false, error);
}

function createFetchError(message: string, retryable = false, cause?: unknown) {
  return new BotError('download.failed', retryable, message, cause);
}
