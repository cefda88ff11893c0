import { basename } from 'node:path';
import type { SniffResult } from '#src/audio/formats/sniff-format.ts';
import { getDurationMs, musicRateHz } from '#src/audio/pcm.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';
import { createDeadlineSignal } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import type { Decoding } from '#src/sources/decode/decoding.ts';
import type { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import type { Resolve } from '#src/sources/fetch/name-resolver.ts';
import { refusals } from './fetch/sound-refusals.ts';
import { createProgramLimit, decodeByFfmpeg } from './ffmpeg.ts';
import { toOneLine } from './one-line.ts';
import { examineBytes, openFileBytes, openLinkBytes } from './sound-bytes.ts';

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

export class Sources {
  readonly #options;
  readonly #limits: SourceLimits;
  readonly #startProgram = createProgramLimit();

  constructor(options: SourcesOptions) {
    this.#options = options;
    this.#limits = { ...usualLimits, ...options.limits };
  }

  /**
   * Reads the first bytes and refuses sounds that cannot be played. Decodes nothing yet.
   *
   * Throws BotError `source.*`. Aborting `signal` throws `signal.reason`, but does not affect an
   * open source.
   */
  async openSource(where: Where, signal: AbortSignal): Promise<SoundSource> {
    const { clock, decoding } = this.#options;
    using deadline = createDeadlineSignal(this.#limits.openMs, clock, () =>
      refusals.unreachable('its first bytes did not come in time'),
    );
    const inTime = AbortSignal.any([signal, deadline.signal]);
    const bytes =
      where.kind === 'file'
        ? await openFileBytes(where.path, this.#limits.mostBytes)
        : await openLinkBytes(
            where.url,
            where.type,
            { ...this.#options, ...this.#limits },
            inTime,
          );
    const { sniffed, lengthMs } = await examineBytes(bytes, inTime);
    const ffmpeg = this.#findFfmpeg(sniffed);
    const isSeekable = bytes.sizeBytes !== undefined;
    const longestMs = isSeekable ? this.#limits.longestMs : Infinity;
    if (lengthMs !== undefined && lengthMs > longestMs)
      throw refusals.tooLong(longestMs);
    /** Opens the bytes anew, and skips all sound before `fromMs`. */
    async function* openFrom(fromMs: number, until: AbortSignal) {
      const skipMs = isSeekable ? Math.max(0, fromMs) : 0;
      if (lengthMs !== undefined && skipMs >= lengthMs) return;
      const all = bytes.readFrom(0, until);
      const sound = ffmpeg
        ? decodeByFfmpeg(all, skipMs, ffmpeg, until)
        : decoding.play(all, { rateHz: musicRateHz, channels: 2, skipMs }, until);
      let atMs = skipMs;
      for await (const pcm of sound) {
        atMs += getDurationMs(pcm);
        if (atMs > longestMs) throw refusals.tooLong(longestMs);
        yield pcm;
      }
    }
    const title =
      toOneLine(where.title ?? describeOrigin(where), longestTitle) || 'a sound';
    return { title, lengthMs, isSeekable, open: openFrom };
  }

  /**
   * Finds options for ffmpeg, if needed. Throws BotError `source.not_audio` for unknown formats, or
   * `source.crowded`.
   */
  #findFfmpeg(sniffed: SniffResult) {
    if (sniffed.kind === 'format') return undefined;
    const { ffmpeg: path } = this.#options;
    if (sniffed.kind === 'ffmpeg' && path) {
      const countProgram = this.#startProgram;
      countProgram()[Symbol.dispose]();
      return { path, countProgram, demuxer: sniffed.demuxer };
    }
    const needs = sniffed.kind === 'ffmpeg' ? ', which needs ffmpeg' : '';
    throw refusals.notAudio(
      `it is ${sniffed.kind === 'more' ? 'too short' : sniffed.what}${needs}`,
    );
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
