import { sniffFormat } from '#src/audio/formats/sniff-format.ts';
import { getDurationMs, joinSamples, listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import { RateConverter } from '#src/audio/resampler.ts';
import type { Admitted } from '#src/base/admitted.ts';
import type { GuildId } from '#src/base/ids.ts';
import type { SoundShape } from '#src/sources/decode/decoder.ts';
import type { Decoding } from '#src/sources/decode/decoding.ts';
import type { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { fetchSource } from './fetch/fetch-link.ts';
import {
  createNeedsFfmpegError,
  createNotAudioError,
  createTooLongError,
  createUnreachableError,
} from './fetch/sound-refusals.ts';
import { decodeByFfmpeg } from './ffmpeg.ts';

/** A file on another server. Its properties are claims. */
export type SoundFile = {
  readonly url: string;
  /** Content that came with the request, so nothing is fetched. */
  readonly bytes?: Uint8Array;
  readonly name: string;
  /** Content-Type. */
  readonly type?: string;
};

/** A file that may be fetched, since `MessageAuthors` asked its sender. */
export type AdmittedFile = Admitted<SoundFile, 'author'>;
/** A file whose content a program sent itself. */
export type UploadedFile = SoundFile & { readonly bytes: Uint8Array };

export type RecordingRules = {
  readonly allowed: AllowedHosts;
  /** ffmpeg, for formats without a decoder here, such as the MP4 of phones. Without it they are refused. */
  readonly ffmpeg?: string | undefined;
  /** From the first request to the last sample. */
  readonly deadlineMs?: number;
};

export const maxRecordingMs = 120_000;
const longDeadlineMs = 60_000;
/** Two minutes of 16-bit stereo at 48 kHz, and a third more. */
const maxBytes = 32 * 1024 * 1024;
const defaultDeadlineMs = 20_000;
/** Each takes up to 4 MB. */
const [maxAtOnce, maxAtOncePerGuild] = [4, 2];

/** 4 MB in base64. */
const maxPictureBytes = 3_000_000;
const pictureTypes = /^(image\/|(application|binary)\/octet-stream)/;
/** Formats of vision models: https://developers.openai.com/api/docs/guides/images-vision */
const pictureStart =
  /^(?:\x89(?<png>PNG\r\n)|(?<jpeg>\xff\xd8\xff)|(?<gif>GIF8[79]a)|RIFF....(?<webp>WEBP))/s;

/** Recordings and pictures that people send. */
export interface Recordings {
  /** Reads a file as mono at 16 kHz, at most `maxMs`, by default two minutes. Throws BotError `source.*`. */
  read(
    guildId: GuildId,
    file: AdmittedFile | UploadedFile,
    signal: AbortSignal,
    maxMs?: number,
  ): Promise<Pcm>;
  /** Reads pictures as data URLs, together at most 3 MB. Throws BotError `source.*`. */
  readPictures(
    guildId: GuildId,
    files: readonly AdmittedFile[],
    signal: AbortSignal,
  ): Promise<readonly string[]>;
}

/** Fetches recordings and pictures, four at a time and two of a guild. Nothing is kept. */
export class RecordingFetcher implements Recordings {
  readonly #decoding: Decoding;
  readonly #rules: RecordingRules;
  /** Guild of each recording in progress. */
  readonly #guildsInProgress: GuildId[] = [];

  constructor(decoding: Decoding, rules: RecordingRules) {
    this.#decoding = decoding;
    this.#rules = rules;
  }

  /** Fetches and decodes a file. A longer limit than two minutes also gives more time, 60 s. */
  async read(
    guildId: GuildId,
    file: AdmittedFile | UploadedFile,
    signal: AbortSignal,
    maxMs: number = maxRecordingMs,
  ): Promise<Pcm> {
    return await this.#runInTime(
      guildId,
      maxMs > maxRecordingMs ? longDeadlineMs : defaultDeadlineMs,
      signal,
      (until) => this.#readSound(file, maxMs, until),
    );
  }

  /** Fetches pictures one after the other. */
  async readPictures(
    guildId: GuildId,
    files: readonly AdmittedFile[],
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    return await this.#runInTime(guildId, defaultDeadlineMs, signal, async (until) => {
      const limits = {
        ...this.#rules,
        maxBytes: maxPictureBytes,
        types: pictureTypes,
      };
      const urls: string[] = [];
      for (const { url } of files) {
        const bytes = Buffer.concat(
          await Array.fromAsync(fetchSource(url, limits, until)),
        );
        limits.maxBytes -= bytes.length;
        urls.push(toDataUrl(bytes));
      }
      return urls;
    });
  }

  /** Runs `work` with limits of time and number. */
  async #runInTime<T>(
    guildId: GuildId,
    standardMs: number,
    signal: AbortSignal,
    work: (until: AbortSignal) => Promise<T>,
  ) {
    const { deadlineMs = standardMs } = this.#rules;
    const deadline = AbortSignal.timeout(deadlineMs);
    const guilds = this.#guildsInProgress;
    const sameGuild = guilds.filter((guild) => guild === guildId);
    if (sameGuild.length >= maxAtOncePerGuild || guilds.length >= maxAtOnce)
      throw createUnreachableError('the limit of simultaneous recordings is reached');
    guilds.push(guildId);
    try {
      return await work(AbortSignal.any([signal, deadline]));
    } catch (cause) {
      signal.throwIfAborted();
      if (!deadline.aborted) throw cause;
      throw createUnreachableError(`it did not arrive within ${deadlineMs / 1000} s`);
    } finally {
      guilds.splice(guilds.indexOf(guildId), 1);
    }
  }

  /** Decodes a file by the decoders here, or by ffmpeg. Throws BotError `source.not_audio`, which names ffmpeg where it is missing. */
  async *#decode(
    fileBytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    shape: SoundShape,
    signal: AbortSignal,
  ) {
    const { sniffed, bytes } = await readFormat(fileBytes);
    if (sniffed.kind !== 'ffmpeg')
      return yield* this.#decoding.decodeSound(bytes, shape, signal);
    const { ffmpeg: path } = this.#rules;
    const { demuxer, name } = sniffed;
    if (!path) throw createNeedsFfmpegError(name);
    const rate = new RateConverter(shape.rateHz, shape.channels);
    // Four recordings are read at a time.
    const program = { path, demuxer, isOfKnownLength: true };
    for await (const pcm of decodeByFfmpeg(bytes, 0, program, signal))
      for (const samples of rate.push(pcm)) yield { ...shape, samples };
    yield { ...shape, samples: rate.flush() };
  }

  async #readSound({ bytes, url }: SoundFile, maxMs: number, signal: AbortSignal) {
    const { allowed } = this.#rules;
    const fileBytes = bytes ? [bytes] : fetchSource(url, { allowed, maxBytes }, signal);
    const shape = { rateHz: listenRateHz, channels: 1 } as const;
    const pieces: Int16Array[] = [];
    let leftMs = maxMs;
    for await (const pcm of this.#decode(fileBytes, shape, signal)) {
      leftMs -= getDurationMs(pcm);
      if (leftMs < 0) throw createTooLongError(maxMs);
      pieces.push(pcm.samples);
    }
    return { ...shape, samples: joinSamples(pieces) };
  }
}

/** Bytes from which the format is known: https://en.wikipedia.org/wiki/List_of_file_signatures */
const sniffBytes = 8_192;

/** Splits bytes into those that name the format, and all of them. */
async function readFormat(bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
  const iterator = toAsync(bytes);
  const startPieces: Uint8Array[] = [];
  let length = 0;
  let isWhole = false;
  while (length < sniffBytes && !isWhole) {
    const next = await iterator.next();
    isWhole = next.done === true;
    if (next.done) break;
    startPieces.push(next.value);
    length += next.value.length;
  }
  async function* readAll() {
    yield* startPieces;
    yield* iterator;
  }
  return {
    sniffed: sniffFormat(Buffer.concat(startPieces), isWhole),
    bytes: readAll(),
  };
}

async function* toAsync(bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
  yield* bytes;
}

/** Converts a picture to a data URL. Throws BotError `source.not_audio` for an unknown format. */
function toDataUrl(bytes: Buffer) {
  const { groups = {} } = pictureStart.exec(bytes.toString('latin1', 0, 16)) ?? {};
  const format = Object.keys(groups).find((name) => groups[name] !== undefined);
  if (format === undefined)
    throw createNotAudioError('it is no picture of a known format');
  return `data:image/${format};base64,${bytes.toString('base64')}`;
}
