import { constants, open, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { longestPageBytes } from '#src/audio/ogg-page.ts';
import type { Clock } from '#src/base/clock.ts';
import { deadlineSignal, unlessAborted, within } from '#src/base/waiting.ts';
import { bodyOf, type FetchRules, mayBeSound, request } from '#src/sources/fetch/fetch.ts';
import { refusals } from '#src/sources/fetch/refusals.ts';
import { type Format, type SniffResult, sniff } from '#src/sources/formats/sniff.ts';
import { soundLengthMs } from '#src/sources/formats/sound-length.ts';

/** The bytes of one sound, wherever they are. */
export interface SoundBytes {
  /** Undefined for a stream without an end, of which each reader begins where it is by then. */
  readonly sizeBytes: number | undefined;
  /** Whether reading may begin anywhere at once. */
  readonly canJump: boolean;
  /** Opens nothing before the first piece is asked for. */
  from(byte: number): ThrottledRead;
}

/** Read from a disk at a time. */
const pieceBytes = 64 * 1024;

/** A regular file, not a device or a pipe. Errors: BotError `source.unreachable`, `source.too_big`. */
export async function bytesOfFile(
  path: string,
  mostBytes: number,
  patience: ReadTimeouts,
): Promise<SoundBytes> {
  const found = await stat(path).catch((cause: unknown) => {
    throw refusals.unreachable('the file does not exist', cause);
  });
  if (!found.isFile()) throw refusals.unreachable('it is not a file');
  if (found.size > mostBytes) throw refusals.tooBig(mostBytes);
  const from = (byte: number) => new ThrottledRead(() => readFrom(path, byte), patience);
  return { sizeBytes: found.size, canJump: true, from };
}

async function* readFrom(path: string, byte: number): AsyncGenerator<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause) => {
    throw refusals.unreachable('the file does not exist', cause);
  });
  yield* file.createReadStream({ start: byte, highWaterMark: pieceBytes });
}

/** Requests a link behind the guard; the body of the answer is for its first reader. Errors: BotError `source.*`. */
export async function bytesOfLink(
  link: string,
  type: string | undefined,
  rules: FetchRules,
  patience: ReadTimeouts,
  signal: AbortSignal,
): Promise<SoundBytes> {
  if (!mayBeSound(type)) throw refusals.notAudio("its media type is not a sound's");
  const late = () => refusals.unreachable('the server did not answer');
  using deadline = deadlineSignal(patience.firstByteMs, patience.clock, late);
  const until = AbortSignal.any([signal, deadline.signal]);
  let first: IncomingMessage | undefined = await request(link, rules, until);
  const { headers, statusCode } = first;
  const length = headers['content-length'];
  const sizeBytes = statusCode === 200 && length ? Number(length) : undefined;
  const canJump = sizeBytes !== undefined && headers['accept-ranges'] === 'bytes';
  async function* read(byte: number, own: AbortSignal): AsyncGenerator<Uint8Array> {
    const answer = byte === 0 ? first : undefined;
    if (answer) first = undefined;
    own.addEventListener('abort', () => answer?.destroy());
    const wanted = byte === 0 ? {} : { range: `bytes=${byte}-` };
    const given = answer ?? (await request(link, rules, own, wanted));
    if (byte > 0 && given.statusCode !== 206) return void given.destroy();
    const mostBytes = sizeBytes ?? Number.POSITIVE_INFINITY; // a stream has no end
    yield* bodyOf(given, mostBytes, own);
  }
  const from = (byte: number) => new ThrottledRead((own) => read(byte, own), patience);
  return { sizeBytes, canJump, from };
}

/** Longest waits for bytes. */
export type ReadTimeouts = {
  readonly clock: Clock;
  readonly firstByteMs: number;
  readonly idleMs: number;
  /** Longest sum of all waits, in ms, beyond the sound that came of them: a server may send no faster than playback. */
  readonly waitMs: number;
};

/** Bytes from somewhere on, read no further than asked for, and not waited for longer than `patience` has. */
class ThrottledRead implements Disposable {
  readonly #patience: ReadTimeouts;
  readonly #over = new AbortController();
  readonly #open: (signal: AbortSignal) => AsyncIterable<Uint8Array>;
  #waitedMs = 0;

  /** Nothing is opened before the first piece is asked for. */
  constructor(open: (signal: AbortSignal) => AsyncIterable<Uint8Array>, patience: ReadTimeouts) {
    this.#open = open;
    this.#patience = patience;
  }

  /** All pieces, for one reader. Errors: BotError `source.*`. Aborting `signal` throws `signal.reason`. */
  async *all(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const { clock, firstByteMs, idleMs, waitMs } = this.#patience;
    const pieces = this.#open(this.#over.signal)[Symbol.asyncIterator]();
    // Nobody waits for the end of the source, which may never come.
    const letGo = () => void pieces.return?.().catch(() => undefined);
    this.#over.signal.addEventListener('abort', letGo);
    for (let hasBegun = false; ; hasBegun = true) {
      const sinceMs = clock.nowMs();
      const leftMs = Math.max(0, waitMs - this.#waitedMs);
      const why = hasBegun ? 'its data stopped' : 'its data did not begin';
      const { value, done } = await within(
        unlessAborted(pieces.next(), signal),
        Math.min(hasBegun ? idleMs : firstByteMs, leftMs),
        clock,
        () => refusals.unreachable(why),
      );
      this.#waitedMs += clock.nowMs() - sinceMs;
      if (done) return;
      yield value;
    }
  }

  /** Reports sound that was decoded from its bytes, in ms. */
  earn(ms: number): void {
    this.#waitedMs = Math.max(0, this.#waitedMs - ms);
  }

  [Symbol.dispose](): void {
    this.#over.abort(new Error('Its reader has stopped.'));
  }
}

/** The first bytes of a file. */
export type SoundHead = {
  readonly head: Buffer;
  readonly sniffed: SniffResult;
};

/**
 * Reads until the format is known.
 *
 * Errors: those of the bytes. Aborting `signal` throws `signal.reason`.
 */
export async function readHead(bytes: SoundBytes, signal: AbortSignal): Promise<SoundHead> {
  using flow = bytes.from(0);
  let head = Buffer.alloc(0);
  for await (const piece of flow.all(signal)) {
    head = Buffer.concat([head, piece]);
    const sniffed = sniff(head, false);
    if (sniffed.kind !== 'more') return { head, sniffed };
  }
  return { head, sniffed: sniff(head, true) };
}

/** Length of a sound, in ms, where it is known; its end is read only where that costs nothing. Errors: as `readHead`. */
export async function readLengthMs(
  bytes: SoundBytes,
  { head, format }: { readonly head: Buffer; readonly format: Format },
  signal: AbortSignal,
): Promise<number | undefined> {
  const { canJump, sizeBytes } = bytes;
  if (format !== 'ogg' || !canJump || sizeBytes === undefined)
    return soundLengthMs(format, { head, tail: undefined, sizeBytes });
  const endBytes = 2 * longestPageBytes;
  using flow = bytes.from(Math.max(0, sizeBytes - endBytes));
  let tail = Buffer.alloc(0);
  for await (const piece of flow.all(signal)) {
    tail = Buffer.concat([tail, piece]);
    if (tail.length >= endBytes) break;
  }
  return soundLengthMs(format, { head, tail, sizeBytes });
}
