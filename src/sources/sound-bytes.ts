import { constants, open, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { deadlineSignal } from '#src/base/waiting.ts';
import { type FetchRules, mayBeSound, request } from '#src/sources/fetch/fetch.ts';
import { refusals } from '#src/sources/fetch/refusals.ts';
import { describe, remoteBytes } from '#src/sources/fetch/remote-file.ts';
import { type ReadTimeouts, ThrottledRead } from '#src/sources/fetch/throttled-read.ts';

/** The bytes of one sound, wherever they are. */
export interface SoundBytes {
  /** Undefined where there is no end, or its size is unknown. */
  readonly sizeBytes: number | undefined;
  /**
   * Where reading may begin, as often as wanted. `any`: anywhere at once; `again`: at the start; `live`: wherever it is by
   * then.
   */
  readonly jumps: 'any' | 'again' | 'live';
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
  return { sizeBytes: found.size, jumps: 'any', from };
}

async function* readFrom(path: string, byte: number): AsyncGenerator<Uint8Array> {
  const opened = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause) => {
    throw refusals.unreachable('the file does not exist', cause);
  });
  await using file = opened;
  for (let at = byte; ; ) {
    const { bytesRead, buffer } = await file.read(
      Buffer.allocUnsafe(pieceBytes),
      0,
      pieceBytes,
      at,
    );
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
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
  const file = describe(first);
  const from = (byte: number) =>
    new ThrottledRead((own) => {
      const answer = first;
      first = undefined;
      own.addEventListener('abort', () => answer?.destroy());
      return remoteBytes(link, rules, file, byte, own, answer);
    }, patience);
  const jumps = file.canJump ? 'any' : file.sizeBytes === undefined ? 'live' : 'again';
  return { sizeBytes: file.sizeBytes, jumps, from };
}
