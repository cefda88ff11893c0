import { getDurationMs, joinSamples, listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import type { GuildId } from '#src/base/ids.ts';
import type { Decoding } from '#src/sources/decode/decoding.ts';
import type { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { fetchSource } from './fetch/fetch-link.ts';
import { refusals } from './fetch/sound-refusals.ts';

/** A file on another server. Its properties are claims. */
export type SoundFile = {
  readonly url: string;
  /** Content that came with the request, so nothing is fetched. */
  readonly bytes?: Uint8Array;
  readonly name: string;
  /** Content-Type. */
  readonly type?: string;
};

export type RecordingRules = {
  readonly allowed: AllowedHosts;
  /** From the first request to the last sample. */
  readonly deadlineMs?: number;
};

export const longestRecordingMs = 120_000;
const longDeadlineMs = 60_000;
/** Two minutes of 16-bit stereo at 48 kHz, and a third more. */
const mostBytes = 32 * 1024 * 1024;
const usualDeadlineMs = 20_000;
/** Each takes up to 4 MB. */
const [mostAtOnce, mostOfServer] = [4, 2];

/** 4 MB in base64. */
const mostPictureBytes = 3_000_000;
const pictureTypes = /^(image\/|(application|binary)\/octet-stream)/;
/** Formats of vision models: https://developers.openai.com/api/docs/guides/images-vision */
const pictureHead =
  /^(?:\x89(?<png>PNG\r\n)|(?<jpeg>\xff\xd8\xff)|(?<gif>GIF8[79]a)|RIFF....(?<webp>WEBP))/s;

export type Recordings = ReturnType<typeof createRecordings>;

/** Fetches recordings and pictures. Nothing is kept. */
export function createRecordings(decoding: Decoding, rules: RecordingRules) {
  /** Server of each recording in progress. */
  const underWay: string[] = [];

  /** Runs `work` with limits of time and number. */
  async function runInTime<T>(
    guildId: GuildId,
    standardMs: number,
    signal: AbortSignal,
    work: (until: AbortSignal) => Promise<T>,
  ) {
    const { deadlineMs = standardMs } = rules;
    const deadline = AbortSignal.timeout(deadlineMs);
    const own = underWay.filter((one) => one === guildId);
    if (own.length >= mostOfServer || underWay.length >= mostAtOnce)
      throw refusals.unreachable('the limit of simultaneous recordings is reached');
    underWay.push(guildId);
    try {
      return await work(AbortSignal.any([signal, deadline]));
    } catch (cause) {
      signal.throwIfAborted();
      if (!deadline.aborted) throw cause;
      throw refusals.unreachable(`it did not arrive within ${deadlineMs / 1000} s`);
    } finally {
      underWay.splice(underWay.indexOf(guildId), 1);
    }
  }

  async function readSound(
    { bytes, url }: SoundFile,
    longestMs: number,
    signal: AbortSignal,
  ) {
    const { allowed } = rules;
    const all = bytes ? [bytes] : fetchSource(url, { allowed, mostBytes }, signal);
    const shape = { rateHz: listenRateHz, channels: 1 } as const;
    const pieces: Int16Array[] = [];
    let leftMs = longestMs;
    for await (const pcm of decoding.play(all, shape, signal)) {
      leftMs -= getDurationMs(pcm);
      if (leftMs < 0) throw refusals.tooLong(longestMs);
      pieces.push(pcm.samples);
    }
    return { ...shape, samples: joinSamples(pieces) };
  }

  return {
    /** Reads a file as mono at 16 kHz, at most `longestMs`. Throws BotError `source.*`. */
    async read(
      guildId: GuildId,
      file: SoundFile,
      signal: AbortSignal,
      longestMs = longestRecordingMs,
    ): Promise<Pcm> {
      return await runInTime(
        guildId,
        longestMs > longestRecordingMs ? longDeadlineMs : usualDeadlineMs,
        signal,
        (until) => readSound(file, longestMs, until),
      );
    },

    /** Reads pictures as data URLs, together at most 3 MB. Throws BotError `source.*`. */
    async readPictures(
      guildId: GuildId,
      files: readonly SoundFile[],
      signal: AbortSignal,
    ): Promise<readonly string[]> {
      return await runInTime(guildId, usualDeadlineMs, signal, async (until) => {
        const limits = {
          ...rules,
          mostBytes: mostPictureBytes,
          types: pictureTypes,
        };
        const urls: string[] = [];
        for (const { url } of files) {
          const bytes = Buffer.concat(
            await Array.fromAsync(fetchSource(url, limits, until)),
          );
          limits.mostBytes -= bytes.length;
          urls.push(toDataUrl(bytes));
        }
        return urls;
      });
    },
  };
}

/** Converts a picture to a data URL. Throws BotError `source.not_audio` for an unknown format. */
function toDataUrl(bytes: Buffer) {
  const { groups = {} } = pictureHead.exec(bytes.toString('latin1', 0, 16)) ?? {};
  const format = Object.keys(groups).find((one) => groups[one] !== undefined);
  if (format === undefined)
    throw refusals.notAudio('it is no picture of a known format');
  return `data:image/${format};base64,${bytes.toString('base64')}`;
}
