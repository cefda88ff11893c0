import { constants, open, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { readHeaderLabel, type SoundLabel } from '#src/audio/formats/raw-sound.ts';
import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import {
  type FetchRules,
  isAllowedType,
  readBody,
  requestLink,
} from './fetch/fetch-link.ts';
import {
  createNotAudioError,
  createSpentError,
  createTooBigError,
  createUnreachableError,
} from './fetch/sound-refusals.ts';

/** Place of a sound. The first bytes decide the format, not the name; bytes that name none are samples by their label. */
export type SoundLocation =
  /** A file of the owner, never a path from a stranger. */
  (
    | { readonly kind: 'file'; readonly path: string }
    /** `type` is the claimed media type. */
    | { readonly kind: 'link'; readonly url: string; readonly type?: string }
    /** A file that somebody gave, whole. */
    | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
    /** Bytes that are read once, at the pace of the track. `type` is their content type. */
    | {
        readonly kind: 'stream';
        readonly bytes: AsyncIterable<Uint8Array>;
        readonly type?: string | undefined;
      }
  ) & {
    /** Shown to people. By default the last part of the path or link. */
    readonly title?: string;
  };

/** Opens the bytes of a place. Throws BotError `source.*`. */
export async function openBytes(
  location: SoundLocation,
  rules: FetchRules,
  signal: AbortSignal,
): Promise<SoundBytes> {
  switch (location.kind) {
    case 'file':
      return await openFileBytes(location.path, rules.maxBytes);
    case 'link':
      return await openLinkBytes(location.url, location.type, rules, signal);
    case 'bytes':
      return openWholeBytes(location.bytes);
    case 'stream':
      return openStreamBytes(location.bytes, location.type);
  }
}

/** Bytes of a sound, before its format is known. */
export interface SoundBytes {
  /** Undefined for an endless stream, which each reader joins at its present place. */
  readonly sizeBytes: number | undefined;
  readonly canJump: boolean;
  /** Label of samples without a file around them, if the bytes are declared as such. */
  readonly rawLabel?: SoundLabel | undefined;
  /**
   * Reads from `byte` on, at the reader's pace. Opens nothing before the first piece is read. Throws BotError
   * `source.*`.
   */
  readFrom(byte: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

const pieceBytes = 64 * 1024;

/** Opens a regular file. Throws BotError `source.unreachable` or `source.too_big`. */
async function openFileBytes(path: string, maxBytes: number): Promise<SoundBytes> {
  const stats = await stat(path).catch((cause: unknown) => {
    throw createUnreachableError('the file does not exist', cause);
  });
  if (!stats.isFile()) throw createUnreachableError('it is not a file');
  if (stats.size > maxBytes) throw createTooBigError(maxBytes);
  return {
    sizeBytes: stats.size,
    canJump: true,
    readFrom: (byte) => readFile(path, byte),
  };
}

async function* readFile(path: string, byte: number) {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (cause) => {
      throw createUnreachableError('the file does not exist', cause);
    },
  );
  yield* file.createReadStream({ start: byte, highWaterMark: pieceBytes });
}

function openWholeBytes(bytes: Uint8Array): SoundBytes {
  async function* readFrom(byte: number) {
    yield bytes.subarray(byte);
  }
  return { sizeBytes: bytes.length, canJump: true, readFrom };
}

/** Requests a link. The first reader gets the body of this answer. Throws BotError `source.*`. */
async function openLinkBytes(
  link: string,
  type: string | undefined,
  rules: FetchRules,
  signal: AbortSignal,
): Promise<SoundBytes> {
  if (!isAllowedType(type))
    throw createNotAudioError("its media type is not a sound's");
  let unreadAnswer: IncomingMessage | undefined = await requestLink(
    link,
    rules,
    signal,
  );
  const { headers, statusCode } = unreadAnswer;
  const length = headers['content-length'];
  const sizeBytes = statusCode === 200 && length ? Number(length) : undefined;
  const canJump = sizeBytes !== undefined && headers['accept-ranges'] === 'bytes';
  async function* readFromByte(byte: number, readerSignal: AbortSignal) {
    const options = byte === 0 ? {} : { range: `bytes=${byte}-` };
    const answer =
      unreadAnswer ?? (await requestLink(link, rules, readerSignal, options));
    unreadAnswer = undefined;
    if (byte > 0 && answer.statusCode !== 206) return void answer.destroy();
    const maxBytes = sizeBytes ?? Infinity; // A stream has no end.
    yield* readBody(answer, maxBytes, readerSignal);
  }
  const claimed: Record<string, string> = type ? { 'content-type': type } : {};
  for (const [name, value] of Object.entries(headers))
    if (typeof value === 'string') claimed[name] = value;
  const rawLabel = findRawLabel(new Headers(claimed));
  return { sizeBytes, canJump, rawLabel, readFrom: readFromByte };
}

/**
 * Opens bytes that come once. Their first reader examines the beginning, the second one gets them all, and a third one is
 * refused.
 */
function openStreamBytes(
  stream: AsyncIterable<Uint8Array>,
  type: string | undefined,
): SoundBytes {
  const rest = stream[Symbol.asyncIterator]();
  const examined: Uint8Array[] = [];
  let readers = 0;
  async function* readPieces(signal: AbortSignal) {
    for (;;) {
      const next = await waitUnlessAborted(rest.next(), signal);
      if (next.done) return;
      yield next.value;
    }
  }
  async function* readFromStart(_: number, signal: AbortSignal) {
    const reader = ++readers;
    if (reader > 2) throw createSpentError();
    if (reader === 2) yield* examined;
    for await (const piece of readPieces(signal)) {
      if (reader === 1) examined.push(piece);
      yield piece;
    }
  }
  const rawLabel = type
    ? findRawLabel(new Headers({ 'content-type': type }))
    : undefined;
  return { sizeBytes: undefined, canJump: false, rawLabel, readFrom: readFromStart };
}

function findRawLabel(headers: Headers) {
  const label = readHeaderLabel(headers);
  return label.isRaw ? label : undefined;
}

/** Reads until `isEnough`, or to the end. */
export async function gatherBytes(
  pieces: AsyncIterable<Uint8Array>,
  isEnough: (gathered: Buffer) => boolean,
): Promise<Buffer> {
  let gathered = Buffer.alloc(0);
  for await (const piece of pieces) {
    gathered = Buffer.concat([gathered, piece]);
    if (isEnough(gathered)) break;
  }
  return gathered;
}
