import { constants, open, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { deadlineSignal } from '#src/base/waiting.ts';
import { bodyOf, type FetchRules, mayBeSound, request } from '#src/sources/fetch/fetch.ts';
import { refusals } from '#src/sources/fetch/refusals.ts';
import { type ReadTimeouts, ThrottledRead } from '#src/sources/fetch/throttled-read.ts';

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
