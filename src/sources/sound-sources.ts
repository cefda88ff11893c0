import { basename } from 'node:path';
import { maxPageBytes } from '#src/audio/formats/ogg-page.ts';
import { measureRawMs } from '#src/audio/formats/raw-sound.ts';
import {
  readFrameHeader,
  type SniffResult,
  type SoundFileFormat,
  sniffFormat,
  sniffNamedFormat,
} from '#src/audio/formats/sniff-format.ts';
import { isUnknownSize } from '#src/audio/formats/wav.ts';
import { getDurationMs, musicRateHz, type Pcm, speakRateHz } from '#src/audio/pcm.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';
import { createDeadlineSignal } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import type { Decoding } from '#src/sources/decode/decoding.ts';
import type { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import type { Resolve } from '#src/sources/fetch/request-once.ts';
import { fetchSource } from './fetch/fetch-link.ts';
import {
  createNeedsFfmpegError,
  createNotAudioError,
  createTooLongError,
  createUnreachableError,
} from './fetch/sound-refusals.ts';
import { createProgramLimit, decodeByFfmpeg, type FfmpegOptions } from './ffmpeg.ts';
import { countTagBytes } from './formats/mp3-frames.ts';
import {
  gatherBytes,
  openBytes,
  type SoundBytes,
  type SoundLocation,
} from './sound-bytes.ts';

export type SoundOpenerDeps = {
  readonly clock: Clock;
  readonly allowed: AllowedHosts;
  /** Its owner closes it. */
  readonly decoding: Decoding;
  readonly resolve?: Resolve;
  /** ffmpeg, for formats without a decoder here. Without it they are refused. */
  readonly ffmpeg?: string;
  readonly limits?: Partial<SoundLimits>;
};

type SoundLimits = {
  /** A live stream has no limit. */
  readonly maxMs: number;
  readonly maxBytes: number;
  readonly openMs: number;
};

const defaultLimits: SoundLimits = {
  maxMs: 3 * 3_600_000,
  maxBytes: 256 * 1024 * 1024,
  openMs: 10_000,
};
const maxTitleChars = 100;

/** Opens sounds of the owner's files and of links. */
export interface SoundOpener {
  /**
   * Reads the first bytes and refuses sounds that cannot be played. Decodes nothing yet.
   *
   * Throws BotError `source.*`. Aborting `signal` throws `signal.reason`, but does not affect an
   * open source.
   */
  openSource(location: SoundLocation, signal: AbortSignal): Promise<SoundSource>;
  /** Fetches a link whole, in 10 s and at most `maxBytes`. Throws as `openSource`. */
  fetchBytes(url: string, maxBytes: number, signal: AbortSignal): Promise<Uint8Array>;
}

/** Creates an opener, which decodes in child processes. */
export function createSoundOpener(deps: SoundOpenerDeps): SoundOpener {
  const countProgram = createProgramLimit();
  const limits: SoundLimits = { ...defaultLimits, ...deps.limits };
  const { clock, decoding, ffmpeg: ffmpegPath } = deps;
  return {
    async openSource(location, signal) {
      using deadline = createDeadlineSignal(limits.openMs, clock, () =>
        createUnreachableError('its first bytes did not come in time'),
      );
      const inTime = AbortSignal.any([signal, deadline.signal]);
      const bytes = await openBytes(location, { ...deps, ...limits }, inTime);
      const { sniffed, lengthMs, rawLabel } = await examineBytes(bytes, inTime);
      const ffmpeg = sniffed && findFfmpegOptions(sniffed, ffmpegPath, countProgram);
      const isSeekable = bytes.sizeBytes !== undefined;
      const maxMs = isSeekable ? limits.maxMs : Infinity;
      if (lengthMs !== undefined && lengthMs > maxMs) throw createTooLongError(maxMs);
      /** Skips all sound before `fromMs`. */
      async function* openFrom(fromMs: number, until: AbortSignal) {
        const skipMs = isSeekable ? Math.max(0, fromMs) : 0;
        if (lengthMs !== undefined && skipMs >= lengthMs) return;
        const fileBytes = bytes.readFrom(0, until);
        const plan = { rateHz: musicRateHz, channels: 2, skipMs, rawLabel } as const;
        const sound = ffmpeg
          ? decodeByFfmpeg(
              fileBytes,
              skipMs,
              { ...ffmpeg, isOfKnownLength: isSeekable },
              until,
            )
          : decoding.decodeSound(fileBytes, plan, until);
        yield* limitLength(sound, skipMs, maxMs);
      }
      return { title: createTitle(location), lengthMs, isSeekable, open: openFrom };
    },

    async fetchBytes(url, maxBytes, signal) {
      using deadline = createDeadlineSignal(limits.openMs, clock, () =>
        createUnreachableError('it did not come in time'),
      );
      const inTime = AbortSignal.any([signal, deadline.signal]);
      const pieces = fetchSource(url, { ...deps, maxBytes }, inTime);
      return Buffer.concat(await Array.fromAsync(pieces));
    },
  };
}

/**
 * Finds options for ffmpeg, if needed. Throws BotError `source.not_audio` for unknown formats, or
 * `source.crowded`.
 */
function findFfmpegOptions(
  sniffed: SniffResult,
  path: string | undefined,
  countProgram: () => Disposable,
): FfmpegOptions | undefined {
  if (sniffed.kind === 'format') return undefined;
  if (sniffed.kind === 'ffmpeg' && path) {
    countProgram()[Symbol.dispose]();
    return { path, countProgram, demuxer: sniffed.demuxer };
  }
  if (sniffed.kind === 'ffmpeg') throw createNeedsFfmpegError(sniffed.name);
  const format = sniffed.kind === 'more' ? 'too short' : sniffed.name;
  throw createNotAudioError(`it is ${format}`);
}

function createTitle(location: SoundLocation) {
  const title = location.title ?? describeOrigin(location);
  return toTitleLine(title, maxTitleChars) || 'a sound';
}

async function* limitLength(sound: AsyncIterable<Pcm>, fromMs: number, maxMs: number) {
  let atMs = fromMs;
  for await (const pcm of sound) {
    atMs += getDurationMs(pcm);
    if (atMs > maxMs) throw createTooLongError(maxMs);
    yield pcm;
  }
}

/** Describes a source without its path or a link's secrets. */
function describeOrigin(location: SoundLocation) {
  if (location.kind === 'file')
    return basename(location.path).replace(/\.\w{1,5}$/, '');
  if (location.kind !== 'link' || !URL.canParse(location.url)) return '';
  const { pathname, hostname } = new URL(location.url);
  const last = basename(pathname);
  try {
    return decodeURIComponent(last) || hostname;
  } catch {
    return last;
  }
}

/** Removes line breaks and control characters, and cuts the text after `maxChars`. */
export function toTitleLine(text: string, maxChars: number): string {
  const plainText = text
    .normalize('NFC')
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();
  return [...plainText].slice(0, maxChars).join('').trim();
}

/** The last page of an Ogg file lies in these bytes. */
const endBytes = 2 * maxPageBytes;

/**
 * Detects the format, and the length in ms if it is known. Bytes that name no format are samples by their label. The end
 * is read only if the source can seek. Throws errors of the bytes.
 */
async function examineBytes(bytes: SoundBytes, signal: AbortSignal) {
  const { rawLabel, sizeBytes } = bytes;
  const sniff = (start: Buffer, isWhole: boolean) =>
    rawLabel ? sniffNamedFormat(start, isWhole) : sniffFormat(start, isWhole);
  const isKnownFormat = (start: Buffer) => sniff(start, false)?.kind !== 'more';
  const start = await gatherBytes(bytes.readFrom(0, signal), isKnownFormat);
  const sniffed = sniff(start, !isKnownFormat(start));
  if (!sniffed && start.length === 0) throw createNotAudioError('it is empty');
  if (!sniffed)
    return {
      rawLabel,
      lengthMs: sizeBytes && measureRawMs({ ...rawLabel }, speakRateHz, sizeBytes),
    };
  if (sniffed.kind !== 'format') return { sniffed };
  const { format } = sniffed;
  const tail = format === 'ogg' ? await readTail(bytes, signal) : undefined;
  return {
    sniffed,
    lengthMs: measureSoundLengthMs(format, { start, tail, sizeBytes }),
  };
}

async function readTail(
  { canJump, readFrom, sizeBytes }: SoundBytes,
  signal: AbortSignal,
) {
  if (!canJump || sizeBytes === undefined) return undefined;
  const tail = readFrom(Math.max(0, sizeBytes - endBytes), signal);
  return await gatherBytes(tail, ({ length }) => length >= endBytes);
}

type LengthBytes = {
  readonly start: Buffer;
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

function measureWavMs({ start, sizeBytes = Infinity }: LengthBytes) {
  const [format, data] = [start.indexOf('fmt '), start.indexOf('data')];
  if (format < 0 || data < format + 20 || start.length < data + 8) return undefined;
  const size = start.readUInt32LE(data + 4);
  const bytes = Math.min(isUnknownSize(size) ? Infinity : size, sizeBytes - data - 8);
  const lengthMs = (bytes / start.readUInt32LE(format + 16)) * 1000;
  return Number.isFinite(lengthMs) ? lengthMs : undefined;
}

/** Reads the length of FLAC: https://www.rfc-editor.org/rfc/rfc9639.html#section-8.2 */
function measureFlacMs({ start }: LengthBytes) {
  if (start.length < 26) return undefined;
  const rateHz = start.readUIntBE(18, 3) >> 4;
  const samples = (start.readUInt8(21) & 15) * 2 ** 32 + start.readUInt32BE(22);
  return rateHz > 0 && samples > 0 ? (samples / rateHz) * 1000 : undefined;
}

/** Computes the length of MP3 by its count of frames, else by its size. */
function measureMp3Ms({ start, sizeBytes }: LengthBytes) {
  const at = start.length >= 10 ? countTagBytes(start) : 0;
  if (at + 6 > start.length) return undefined;
  const header = readFrameHeader(start.subarray(at));
  if (header?.name !== 'MP3') return undefined;
  const frameMs = (header.samples / header.rateHz) * 1000;
  const firstFrame = start.subarray(at, at + header.lengthBytes);
  const mark = Math.max(
    firstFrame.indexOf('Xing', 0, 'latin1'),
    firstFrame.indexOf('Info', 0, 'latin1'),
  );
  const hasCount =
    mark >= 0 &&
    firstFrame.length >= mark + 12 &&
    (firstFrame.readUInt8(mark + 7) & 1) !== 0;
  if (hasCount) return firstFrame.readUInt32BE(mark + 8) * frameMs;
  return sizeBytes && ((sizeBytes - at) / header.lengthBytes) * frameMs;
}

/** https://www.rfc-editor.org/rfc/rfc3533.html#section-6 */
const [granuleAt, serialAt, pageHeaderBytes] = [6, 14, 28];

/** Computes the length of Ogg by the last page of the first sound. */
function measureOggMs({ start, tail }: LengthBytes) {
  const { rateHz, preSkip } = readOggUnits(start);
  if (!tail || rateHz === 0) return undefined;
  const serial = start.readUInt32LE(serialAt);
  for (let at = tail.length; at > 0; ) {
    at = tail.lastIndexOf('OggS', at - 1, 'latin1');
    if (at < 0 || at + pageHeaderBytes > tail.length) continue;
    const granule = Number(tail.readBigInt64LE(at + granuleAt));
    if (tail.readUInt32LE(at + serialAt) !== serial || granule < 0) continue;
    return (Math.max(0, granule - preSkip) / rateHz) * 1000;
  }
  return undefined;
}

/** Reads the rate and the pre-skip of Ogg. `rateHz` is 0 if unknown. */
function readOggUnits(start: Buffer) {
  const packet = start.subarray(pageHeaderBytes);
  const name = packet.toString('latin1', 0, 8);
  if (name === 'OpusHead' && packet.length >= 12)
    return { rateHz: 48_000, preSkip: packet.readUInt16LE(10) };
  if (name.startsWith('\x01vorbis') && packet.length >= 16)
    return { rateHz: packet.readUInt32LE(12), preSkip: 0 };
  if (name.startsWith('\x7fFLAC') && packet.length >= 30)
    return { rateHz: packet.readUIntBE(27, 3) >> 4, preSkip: 0 };
  return { rateHz: 0, preSkip: 0 };
}
