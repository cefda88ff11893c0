import { constants, open, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { basename } from 'node:path';
import { readFrameHeader } from '#src/audio/formats/mpeg-frame.ts';
import { maxPageBytes } from '#src/audio/formats/ogg-page.ts';
import {
  type SniffResult,
  type SoundFileFormat,
  sniffFormat,
} from '#src/audio/formats/sniff-format.ts';
import { isUnknownSize } from '#src/audio/formats/wav.ts';
import { getDurationMs, musicRateHz, type Pcm } from '#src/audio/pcm.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';
import { createDeadlineSignal } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import type { Decoding } from '#src/sources/decode/decoding.ts';
import type { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import type { Resolve } from '#src/sources/fetch/request-once.ts';
import {
  type FetchRules,
  isAllowedType,
  readBody,
  requestLink,
} from './fetch/fetch-link.ts';
import { refusals } from './fetch/sound-refusals.ts';
import { createProgramLimit, decodeByFfmpeg } from './ffmpeg.ts';
import { countTagBytes } from './formats/mp3-frames.ts';

/** The first bytes decide the format, not the name. */
export type Where =
  /** A file of the owner, never a path from a stranger. */
  (
    | { readonly kind: 'file'; readonly path: string }
    /** `type` is the claimed media type. */
    | { readonly kind: 'link'; readonly url: string; readonly type?: string }
  ) & {
    /** Shown to people. By default the last part of the path or link. */
    readonly title?: string;
  };

export type SourcesOptions = {
  readonly clock: Clock;
  readonly allowed: AllowedHosts;
  /** Its owner closes it. */
  readonly decoding: Decoding;
  readonly resolve?: Resolve;
  /** ffmpeg, for formats without a decoder here. Without it they are refused. */
  readonly ffmpeg?: string;
  readonly limits?: Partial<SourceLimits>;
};

type SourceLimits = {
  /** A live stream has no limit. */
  readonly longestMs: number;
  readonly mostBytes: number;
  readonly openMs: number;
};

const usualLimits: SourceLimits = {
  longestMs: 3 * 3_600_000,
  mostBytes: 256 * 1024 * 1024,
  openMs: 10_000,
};
const longestTitle = 100;

export type Sources = ReturnType<typeof createSources>;

export function createSources(options: SourcesOptions) {
  const countProgram = createProgramLimit();
  const limits: SourceLimits = { ...usualLimits, ...options.limits };

  /**
   * Finds options for ffmpeg, if needed. Throws BotError `source.not_audio` for unknown formats, or
   * `source.crowded`.
   */
  function findFfmpeg(sniffed: SniffResult) {
    if (sniffed.kind === 'format') return undefined;
    const { ffmpeg: path } = options;
    if (sniffed.kind === 'ffmpeg' && path) {
      countProgram()[Symbol.dispose]();
      return { path, countProgram, demuxer: sniffed.demuxer };
    }
    const needs = sniffed.kind === 'ffmpeg' ? ', which needs ffmpeg' : '';
    throw refusals.notAudio(
      `it is ${sniffed.kind === 'more' ? 'too short' : sniffed.what}${needs}`,
    );
  }

  return {
    /**
     * Reads the first bytes and refuses sounds that cannot be played. Decodes nothing yet.
     *
     * Throws BotError `source.*`. Aborting `signal` throws `signal.reason`, but does not affect an
     * open source.
     */
    async openSource(where: Where, signal: AbortSignal): Promise<SoundSource> {
      const { clock, decoding } = options;
      using deadline = createDeadlineSignal(limits.openMs, clock, () =>
        refusals.unreachable('its first bytes did not come in time'),
      );
      const inTime = AbortSignal.any([signal, deadline.signal]);
      const bytes =
        where.kind === 'file'
          ? await openFileBytes(where.path, limits.mostBytes)
          : await openLinkBytes(
              where.url,
              where.type,
              { ...options, ...limits },
              inTime,
            );
      const { sniffed, lengthMs } = await examineBytes(bytes, inTime);
      const ffmpeg = findFfmpeg(sniffed);
      const isSeekable = bytes.sizeBytes !== undefined;
      const longestMs = isSeekable ? limits.longestMs : Infinity;
      if (lengthMs !== undefined && lengthMs > longestMs)
        throw refusals.tooLong(longestMs);
      /** Skips all sound before `fromMs`. */
      async function* openFrom(fromMs: number, until: AbortSignal) {
        const skipMs = isSeekable ? Math.max(0, fromMs) : 0;
        if (lengthMs !== undefined && skipMs >= lengthMs) return;
        const all = bytes.readFrom(0, until);
        const sound = ffmpeg
          ? decodeByFfmpeg(all, skipMs, ffmpeg, until)
          : decoding.play(all, { rateHz: musicRateHz, channels: 2, skipMs }, until);
        yield* limitLength(sound, skipMs, longestMs);
      }
      const title =
        toOneLine(where.title ?? describeOrigin(where), longestTitle) || 'a sound';
      return { title, lengthMs, isSeekable, open: openFrom };
    },
  };
}

async function* limitLength(
  sound: AsyncIterable<Pcm>,
  fromMs: number,
  longestMs: number,
) {
  let atMs = fromMs;
  for await (const pcm of sound) {
    atMs += getDurationMs(pcm);
    if (atMs > longestMs) throw refusals.tooLong(longestMs);
    yield pcm;
  }
}

/** Describes a source without its path or a link's secrets. */
function describeOrigin(where: Where) {
  if (where.kind === 'file') return basename(where.path).replace(/\.\w{1,5}$/, '');
  if (!URL.canParse(where.url)) return '';
  const { pathname, hostname } = new URL(where.url);
  const last = basename(pathname);
  try {
    return decodeURIComponent(last) || hostname;
  } catch {
    return last;
  }
}

/** Removes line breaks and control characters. */
export function toOneLine(words: string, mostChars: number): string {
  const line = words
    .normalize('NFC')
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();
  return [...line].slice(0, mostChars).join('').trim();
}

interface SoundBytes {
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
async function openFileBytes(path: string, mostBytes: number): Promise<SoundBytes> {
  const found = await stat(path).catch((cause: unknown) => {
    throw refusals.unreachable('the file does not exist', cause);
  });
  if (!found.isFile()) throw refusals.unreachable('it is not a file');
  if (found.size > mostBytes) throw refusals.tooBig(mostBytes);
  return {
    sizeBytes: found.size,
    canJump: true,
    readFrom: (byte) => readFile(path, byte),
  };
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
async function openLinkBytes(
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
async function examineBytes(bytes: SoundBytes, signal: AbortSignal) {
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

type LengthBytes = {
  readonly head: Buffer;
  /** Last pages of an Ogg file. */
  readonly tail: Buffer | undefined;
  readonly sizeBytes: number | undefined;
};

/** Computes the length from the first and last bytes. Hostile files lie. */
export function measureSoundLengthMs(
  format: SoundFileFormat,
  bytes: LengthBytes,
): number | undefined {
  switch (format) {
    case 'wav':
      return measureWavMs(bytes);
    case 'flac':
      return measureFlacMs(bytes);
    case 'mp3':
      return measureMp3Ms(bytes);
    case 'ogg':
      return measureOggMs(bytes);
    case 'webm':
      return undefined;
  }
}

function measureWavMs({ head, sizeBytes = Infinity }: LengthBytes) {
  const [format, data] = [head.indexOf('fmt '), head.indexOf('data')];
  if (format < 0 || data < format + 20 || head.length < data + 8) return undefined;
  const size = head.readUInt32LE(data + 4);
  const bytes = Math.min(isUnknownSize(size) ? Infinity : size, sizeBytes - data - 8);
  const lengthMs = (bytes / head.readUInt32LE(format + 16)) * 1000;
  return Number.isFinite(lengthMs) ? lengthMs : undefined;
}

/** Reads the length of FLAC: https://www.rfc-editor.org/rfc/rfc9639.html#section-8.2 */
function measureFlacMs({ head }: LengthBytes) {
  if (head.length < 26) return undefined;
  const rateHz = head.readUIntBE(18, 3) >> 4;
  const samples = (head.readUInt8(21) & 15) * 2 ** 32 + head.readUInt32BE(22);
  return rateHz > 0 && samples > 0 ? (samples / rateHz) * 1000 : undefined;
}

/** Computes the length of MP3 by its count of frames, else by its size. */
function measureMp3Ms({ head, sizeBytes }: LengthBytes) {
  const at = head.length >= 10 ? countTagBytes(head) : 0;
  if (at + 6 > head.length) return undefined;
  const header = readFrameHeader(head.subarray(at));
  if (header?.name !== 'MP3') return undefined;
  const frameMs = (header.samples / header.rateHz) * 1000;
  const first = head.subarray(at, at + header.lengthBytes);
  const mark = Math.max(
    first.indexOf('Xing', 0, 'latin1'),
    first.indexOf('Info', 0, 'latin1'),
  );
  const hasCount =
    mark >= 0 && first.length >= mark + 12 && (first.readUInt8(mark + 7) & 1) !== 0;
  if (hasCount) return first.readUInt32BE(mark + 8) * frameMs;
  return sizeBytes && ((sizeBytes - at) / header.lengthBytes) * frameMs;
}

/** https://www.rfc-editor.org/rfc/rfc3533.html#section-6 */
const [granuleAt, serialAt, pageHeadBytes] = [6, 14, 28];

/** Computes the length of Ogg by the last page of the first sound. */
function measureOggMs({ head, tail }: LengthBytes) {
  const { rateHz, preSkip } = readOggUnits(head);
  if (!tail || rateHz === 0) return undefined;
  const serial = head.readUInt32LE(serialAt);
  for (let at = tail.length; at > 0; ) {
    at = tail.lastIndexOf('OggS', at - 1, 'latin1');
    if (at < 0 || at + pageHeadBytes > tail.length) continue;
    const granule = Number(tail.readBigInt64LE(at + granuleAt));
    if (tail.readUInt32LE(at + serialAt) !== serial || granule < 0) continue;
    return (Math.max(0, granule - preSkip) / rateHz) * 1000;
  }
  return undefined;
}

/** Reads the rate and the pre-skip of Ogg. `rateHz` is 0 if unknown. */
function readOggUnits(head: Buffer) {
  const packet = head.subarray(pageHeadBytes);
  const name = packet.toString('latin1', 0, 8);
  if (name === 'OpusHead' && packet.length >= 12)
    return { rateHz: 48_000, preSkip: packet.readUInt16LE(10) };
  if (name.startsWith('\x01vorbis') && packet.length >= 16)
    return { rateHz: packet.readUInt32LE(12), preSkip: 0 };
  if (name.startsWith('\x7fFLAC') && packet.length >= 30)
    return { rateHz: packet.readUIntBE(27, 3) >> 4, preSkip: 0 };
  return { rateHz: 0, preSkip: 0 };
}
