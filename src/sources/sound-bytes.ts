import { constants, open, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { maxPageBytes } from '#src/audio/formats/ogg-page.ts';
import { sniffFormat } from '#src/audio/formats/sniff-format.ts';
import { measureSoundLengthMs } from '#src/sources/formats/sound-length.ts';
import {
  type FetchRules,
  isAllowedType,
  readBody,
  requestLink,
} from './fetch/fetch-link.ts';
import { refusals } from './fetch/sound-refusals.ts';

export interface SoundBytes {
  /** Undefined for an endless stream, which each reader joins at its present place. */
  readonly sizeBytes: number | undefined;
  readonly canJump: boolean;
  /**
   * Reads from `byte` on, at the reader's pace. Opens nothing before the first piece is read. Throws BotError
   * `source.*`.
   */
  readFrom(byte: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

const pieceBytes = 64 * 1024;

/** Opens a regular file. Throws BotError `source.unreachable` or `source.too_big`. */
export async function openFileBytes(
  path: string,
  mostBytes: number,
): Promise<SoundBytes> {
  const found = await stat(path).catch((cause: unknown) => {
    throw refusals.unreachable('the file does not exist', cause);
  });
  if (!found.isFile()) throw refusals.unreachable('it is not a file');
  if (found.size > mostBytes) throw refusals.tooBig(mostBytes);
  const readFromByte = (byte: number) => readFile(path, byte);
  return { sizeBytes: found.size, canJump: true, readFrom: readFromByte };
}

async function* readFile(path: string, byte: number) {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (cause) => {
      throw refusals.unreachable('the file does not exist', cause);
    },
  );
  yield* file.createReadStream({ start: byte, highWaterMark: pieceBytes });
}

/** Requests a link. The first reader gets the body of this answer. Throws BotError `source.*`. */
export async function openLinkBytes(
  link: string,
  type: string | undefined,
  rules: FetchRules,
  signal: AbortSignal,
): Promise<SoundBytes> {
  if (!isAllowedType(type)) throw refusals.notAudio("its media type is not a sound's");
  let first: IncomingMessage | undefined = await requestLink(link, rules, signal);
  const { headers, statusCode } = first;
  const length = headers['content-length'];
  const sizeBytes = statusCode === 200 && length ? Number(length) : undefined;
  const canJump = sizeBytes !== undefined && headers['accept-ranges'] === 'bytes';
  async function* readFromByte(byte: number, own: AbortSignal) {
    const wanted = byte === 0 ? {} : { range: `bytes=${byte}-` };
    const answer = first ?? (await requestLink(link, rules, own, wanted));
    first = undefined;
    if (byte > 0 && answer.statusCode !== 206) return void answer.destroy();
    const mostBytes = sizeBytes ?? Infinity; // A stream has no end.
    yield* readBody(answer, mostBytes, own);
  }
  return { sizeBytes, canJump, readFrom: readFromByte };
}

/** The last page of an Ogg file lies in these bytes. */
const endBytes = 2 * maxPageBytes;

/**
 * Detects the format, and the length in ms if it is known. The end is read only if the source can seek. Throws
 * errors of the bytes.
 */
export async function examineBytes(bytes: SoundBytes, signal: AbortSignal) {
  const { canJump, sizeBytes } = bytes;
  const isKnownFormat = (some: Buffer) => sniffFormat(some, false).kind !== 'more';
  const head = await gatherBytes(bytes.readFrom(0, signal), isKnownFormat);
  const sniffed = sniffFormat(head, !isKnownFormat(head));
  if (sniffed.kind !== 'format') return { sniffed };
  const isShort = sniffed.format !== 'ogg' || !canJump || sizeBytes === undefined;
  const tail = isShort
    ? undefined
    : await gatherBytes(
        bytes.readFrom(Math.max(0, sizeBytes - endBytes), signal),
        ({ length }) => length >= endBytes,
      );
  return {
    sniffed,
    lengthMs: measureSoundLengthMs(sniffed.format, { head, tail, sizeBytes }),
  };
}

async function gatherBytes(
  pieces: AsyncIterable<Uint8Array>,
  isEnough: (some: Buffer) => boolean,
) {
  let all = Buffer.alloc(0);
  for await (const piece of pieces) {
    all = Buffer.concat([all, piece]);
    if (isEnough(all)) break;
  }
  return all;
}
