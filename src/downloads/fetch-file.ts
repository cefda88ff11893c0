import type { Stats } from 'node:fs';
import {
  type FileHandle,
  mkdir,
  open,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Clock } from '#src/base/clock.ts';
import { formatSize, hashFile, readFreeBytes } from '#src/base/disk.ts';
import { BotError, getErrorMessage } from '#src/base/errors.ts';
import { toRecord } from '#src/base/json.ts';
import { getNeededDiskBytes } from './catalogue.ts';
import { claimPart, removeAllParts, removeLeftParts } from './claim-part.ts';

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
    if (!(await isWhole(file))) await fetchPart(file, deps, signal);
    await removeLeftParts(file.path, deps.clock);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof BotError) throw error;
    throw createDiskError(file, error);
  }
}

/** Tests whether a file was fetched, or found right, and has not changed since. Costs nothing: the file is not read. */
export async function isFetched(file: Omit<WantedFile, 'url'>): Promise<boolean> {
  const found = await stat(file.path).catch(() => undefined);
  return found !== undefined && (await readMark(file.path)) === toMark(found, file);
}

/** Removes a file that was fetched, and all parts of it. Throws the error of the system. */
export async function removeFetched(path: string): Promise<void> {
  for (const each of [path, toMarkPath(path)]) await rm(each, { force: true });
  await removeAllParts(path);
}

/** A file that was found right is not read again until it changes. */
async function isWhole(file: WantedFile) {
  if (await isFetched(file)) return true;
  const found = await stat(file.path).catch(() => undefined);
  if (found?.size !== file.bytes) return false;
  if ((await hashFile(file.path)) !== file.sha256) return false;
  await writeMark(file, found);
  return true;
}

function toMarkPath(path: string) {
  return `${path}.checked`;
}

/** Nobody can set `ctimeMs`, the instant of the latest change of a file. */
function toMark(
  { ctimeMs, mtimeMs, size }: Stats,
  { sha256 }: Pick<WantedFile, 'sha256'>,
) {
  return `${sha256} ${size} ${mtimeMs} ${ctimeMs}`;
}

async function readMark(path: string) {
  return await readFile(toMarkPath(path), 'utf8').catch(() => undefined);
}

/** Where no mark can be written, the file is read at each start. */
async function writeMark(file: WantedFile, found: Stats) {
  await writeFile(toMarkPath(file.path), toMark(found, file)).catch(() => undefined);
}

async function fetchPart(file: WantedFile, deps: FetchDeps, signal: AbortSignal) {
  const { path } = file;
  const createPart = (partPath: string) => writeFile(partPath, '', { flag: 'a' });
  await using part = await claimPart({ path, createPart }, deps.clock, signal);
  // Another fetch of it may have ended meanwhile.
  if (!(await isWhole(file))) await new FileFetch(file, part.path, deps).run(signal);
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
    await writeMark(this.#file, await stat(this.#file.path));
  }

  async #isRight() {
    const { bytes, sha256 } = this.#file;
    const size = await readSize(this.#partPath);
    return size === bytes && (await hashFile(this.#partPath)) === sha256;
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
    // Without its part there is nothing to go on with.
    await onDisk(stat(this.#partPath));
    const silence = new SilenceWatch(this.#deps.clock);
    const either = AbortSignal.any([signal, silence.signal]);
    try {
      const range = this.#doneBytes > 0 && { range: `bytes=${this.#doneBytes}-` };
      const { login, url } = takeLogin(this.#file.url);
      const response = await (this.#deps.fetch ?? fetch)(url, {
        // Bytes of a packed file have no place of their own in the file.
        headers: { 'accept-encoding': 'identity', ...login, ...range },
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

/** A mirror may want a login. `fetch` takes none in an address, and would repeat it in its error. */
function takeLogin(address: string) {
  const url = new URL(address);
  const [user, password] = [url.username, url.password].map(decodeURIComponent);
  Object.assign(url, { username: '', password: '' });
  const basic = Buffer.from(`${user}:${password}`).toString('base64');
  return {
    url,
    login: user || password ? { authorization: `Basic ${basic}` } : {},
  };
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
