import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '#src/base/clock.ts';
import { formatSize, hashFile, readFreeBytes } from '#src/base/disk.ts';
import { BotError, getErrorMessage } from '#src/base/errors.ts';
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

/**
 * Fetches a file, and gives it its name only once its size and its SHA-256 are right. What is there of an earlier fetch is
 * gone on with, by a request for the rest. A file that is already there is checked once more.
 *
 * Throws BotError `download.failed` with one sentence: too little disk, no answer, another size, another content. A wrong
 * content is removed, and a part that may still become right stays for the next try. Aborting throws `signal.reason`.
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
  if (
    (await readSize(file.path)) === file.bytes &&
    (await hashFile(file.path)) === file.sha256
  )
    return;
  await mkdir(dirname(file.path), { recursive: true });
  await new FileFetch(file, deps).run(signal);
}

function toPartPath(path: string) {
  return `${path}.part`;
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

  constructor(file: WantedFile, deps: FetchDeps) {
    this.#file = file;
    this.#deps = deps;
    this.#partPath = toPartPath(file.path);
  }

  /** Fetches the file and names it. Throws as `fetchFile` does. */
  async run(signal: AbortSignal): Promise<void> {
    const { bytes, path } = this.#file;
    await this.#keepUsablePart();
    await this.#checkDisk();
    this.#startedAtMs = this.#deps.clock.nowMs();
    this.#startBytes = this.#doneBytes;
    await this.#fetchParts(signal);
    if (
      this.#doneBytes !== bytes ||
      (await hashFile(this.#partPath)) !== this.#file.sha256
    ) {
      await rm(this.#partPath, { force: true });
      throw createFetchError(
        `${this.#host} sent another file than the one that this version names. It was removed.`,
      );
    }
    await rename(this.#partPath, path);
  }

  get #host() {
    return new URL(this.#file.url).host;
  }

  /** A part that is longer than the file is of something else. */
  async #keepUsablePart() {
    const partBytes = (await readSize(this.#partPath)) ?? 0;
    if (partBytes > this.#file.bytes) await rm(this.#partPath, { force: true });
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
    const { cause = error } = error instanceof Error ? error : { cause: error };
    return createFetchError(
      `${this.#host} does not answer (${getErrorMessage(cause)}).`,
      true,
      error,
    );
  }

  async #fetchRest(signal: AbortSignal) {
    const silence = new SilenceWatch(this.#deps.clock);
    const either = AbortSignal.any([signal, silence.signal]);
    try {
      const response = await (this.#deps.fetch ?? fetch)(this.#file.url, {
        headers: this.#doneBytes > 0 ? { range: `bytes=${this.#doneBytes}-` } : {},
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
    if (status === 206 && this.#doneBytes > 0) {
      const start = /^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1];
      if (Number(start) === this.#doneBytes) return;
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
    if (stated !== null && !headers.has('content-encoding') && Number(stated) > bytes)
      throw createFetchError(
        `${this.#host} offers ${stated} bytes, and the file has ${bytes}.`,
      );
  }

  async #writeBody({ body }: Response, onBytes: () => void) {
    if (!body) return;
    await using part = await open(this.#partPath, this.#doneBytes > 0 ? 'r+' : 'w');
    await part.truncate(this.#doneBytes);
    for await (const piece of body) {
      onBytes();
      await this.#writePiece(part, piece);
    }
    await part.sync();
  }

  async #writePiece(part: FileHandle, piece: Uint8Array) {
    if (this.#doneBytes + piece.length > this.#file.bytes) {
      await rm(this.#partPath, { force: true });
      throw createFetchError(
        `${this.#host} sent more than the ${this.#file.bytes} bytes of the file.`,
      );
    }
    await part.write(piece, 0, piece.length, this.#doneBytes);
    this.#doneBytes += piece.length;
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

function createFetchError(message: string, retryable = false, cause?: unknown) {
  return new BotError('download.failed', retryable, message, cause);
}
