import { constants, open, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { type FetchRules, mayBeSound, request } from '#src/sources/fetch/fetch.ts';
import { refusals } from '#src/sources/fetch/refusals.ts';
import { describe, remoteBytes } from '#src/sources/fetch/remote-file.ts';
import { type ReadTimeouts, ThrottledRead } from '#src/sources/fetch/throttled-read.ts';

/** The bytes of one sound, wherever they are. */
export interface SoundBytes {
  /** Undefined where there is no end, or its size is unknown. */
  readonly sizeBytes: number | undefined;
  /**
   * `any`: reading may begin anywhere at once; `again`: from the start, as often as wanted; `live`: wherever it is by then,
   * as often as wanted; `never`: it comes once.
   */
  readonly jumps: 'any' | 'again' | 'live' | 'never';
  /** Opens nothing before the first piece is asked for. */
  from(byte: number): ThrottledRead;
}

/** Read from a disk at a time. */
const pieceBytes = 64 * 1024;

export function bytesInMemory(bytes: Uint8Array, patience: ReadTimeouts): SoundBytes {
  const from = (byte: number) => new ThrottledRead(() => inPieces(bytes.subarray(byte)), patience);
  return { sizeBytes: bytes.length, jumps: 'any', from };
}

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

/** Bytes that come once; a second reader gets none. */
export function bytesOnce(
  bytes: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  patience: ReadTimeouts,
): SoundBytes {
  let isTaken = false;
  const once = async function* () {
    if (isTaken) throw refusals.unreachable('it can be read only once');
    isTaken = true;
    yield* bytes;
  };
  return { sizeBytes: undefined, jumps: 'never', from: () => new ThrottledRead(once, patience) };
}

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

/** Requests a link behind the guard; the body of the answer waits for its first reader. Errors: BotError `source.*`. */
export async function bytesOfLink(
  link: string,
  type: string | undefined,
  rules: FetchRules,
  patience: ReadTimeouts,
  signal: AbortSignal,
): Promise<SoundBytes> {
  if (!mayBeSound(type)) throw refusals.notAudio("its media type is not a sound's");
  const first = await firstAnswer(link, rules, patience, signal);
  const file = describe(first.answer);
  let kept: typeof first | undefined = first;
  const from = (byte: number) => {
    const taken = byte === 0 ? kept : undefined;
    if (taken) kept = undefined;
    const opened = (own: AbortSignal) => {
      own.addEventListener('abort', () => taken?.over.abort(own.reason));
      return remoteBytes(link, rules, file, byte, own, taken?.answer);
    };
    return new ThrottledRead(opened, patience);
  };
  const jumps = file.canJump ? 'any' : file.sizeBytes === undefined ? 'live' : 'again';
  return { sizeBytes: file.sizeBytes, jumps, from };
}

type First = { readonly answer: IncomingMessage; readonly over: AbortController };

async function firstAnswer(
  link: string,
  rules: FetchRules,
  { clock, firstByteMs }: ReadTimeouts,
  signal: AbortSignal,
): Promise<First> {
  const [over, answered] = [new AbortController(), new AbortController()];
  const leave = () => over.abort(signal.reason);
  const late = refusals.unreachable('the server did not answer');
  signal.throwIfAborted();
  signal.addEventListener('abort', leave);
  clock.sleep(firstByteMs, answered.signal).then(
    () => over.abort(late),
    () => undefined, // it came
  );
  try {
    return { answer: await request(link, rules, over.signal), over };
  } finally {
    answered.abort();
    signal.removeEventListener('abort', leave);
  }
}
