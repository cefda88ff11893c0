import { basename } from 'node:path';
import type { SoundSource } from '#src/audio/sound-source.ts';
import type { Clock } from '#src/base/clock.ts';
import type { Decoding } from '#src/sources/decode/decoding.ts';
import type { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import type { Resolve } from '#src/sources/fetch/name-resolver.ts';
import type { SoundOpener, SourceLimits, Where } from '#src/sources/fetch/ports.ts';
import { refusals } from '#src/sources/fetch/refusals.ts';
import type { ReadTimeouts } from '#src/sources/fetch/throttled-read.ts';
import type { SniffResult } from '#src/sources/formats/sniff.ts';
import { seekTo } from '#src/sources/seek/seek.ts';
import type { FfmpegOptions } from './ffmpeg.ts';
import { FfmpegPrograms } from './ffmpeg.ts';
import { OpenedSound } from './opened-sound.ts';
import { bytesOfFile, bytesOfLink, type SoundBytes } from './sound-bytes.ts';
import { readHead, readLayout } from './sound-head.ts';

export type SourcesOptions = {
  readonly clock: Clock;
  readonly allowed: AllowedHosts;
  /** Not closed with it. */
  readonly decoding: Decoding;
  readonly resolve?: Resolve;
  /** The program for all formats we know nothing of; without it they are refused. */
  readonly ffmpeg?: string;
};

type Limits = Required<Omit<SourceLimits, 'isExact'>>;

const usual: Limits = {
  longestMs: 3 * 3_600_000,
  mostBytes: 256 * 1024 * 1024,
  firstByteMs: 10_000,
  idleMs: 10_000,
  waitMs: 120_000,
};
const longestTitle = 100;

/** Makes anything that holds sound playable. */
export class Sources implements SoundOpener {
  readonly #options: SourcesOptions;
  readonly #programs = new FfmpegPrograms();

  constructor(options: SourcesOptions) {
    this.#options = options;
  }

  /** Implements `SoundOpener.openSource`. */
  async openSource(where: Where, limits: SourceLimits, signal: AbortSignal): Promise<SoundSource> {
    const all = { ...usual, ...limits };
    const bytes = await this.#bytesOf(where, all, signal);
    const { guildId = '', personId } = where.requester ?? {};
    const decoding = this.#options.decoding.lane(guildId, personId);
    const { inspect } = decoding;
    const { head, sniffed } = await readHead(bytes, inspect, signal);
    const ffmpeg = this.#ffmpegFor(sniffed, guildId);
    const format = sniffed.kind === 'format' ? sniffed.format : undefined;
    const layout = format ? await readLayout(bytes, { head, format }, inspect, signal) : {};
    const { lengthMs } = layout;
    const longestMs = bytes.jumps === 'live' ? Number.POSITIVE_INFINITY : all.longestMs;
    if (lengthMs !== undefined && lengthMs > longestMs) throw refusals.tooLong(longestMs);
    const want = { kind: 'track', isExact: limits.isExact ?? false } as const;
    const known = { bytes, head, format, layout, inspect };
    const jump = (fromMs: number, left: AbortSignal) => seekTo(known, want, fromMs, left);
    const title = titleOf(where);
    return new OpenedSound({ title, bytes, decoding, lengthMs, longestMs, jump, ffmpeg });
  }

  /** Errors: BotError `source.not_audio` for formats that cannot be decoded here, `source.crowded`. */
  #ffmpegFor(
    sniffed: SniffResult,
    guildId: string,
  ): (FfmpegOptions & { readonly demuxer: string }) | undefined {
    if (sniffed.kind === 'format') return undefined;
    const { clock, ffmpeg: path } = this.#options;
    if (sniffed.kind === 'ffmpeg' && path) {
      this.#programs.check(guildId);
      const start = () => this.#programs.start(guildId);
      return { path, clock, start, demuxer: sniffed.demuxer };
    }
    const needs = sniffed.kind === 'ffmpeg' ? ', which needs ffmpeg' : '';
    throw refusals.notAudio(
      `it is ${sniffed.kind === 'more' ? 'too short' : sniffed.what}${needs}`,
    );
  }

  async #bytesOf(where: Where, limits: Limits, signal: AbortSignal): Promise<SoundBytes> {
    const { clock, allowed, resolve } = this.#options;
    const patience: ReadTimeouts = { clock, ...limits };
    switch (where.kind) {
      case 'file':
        return await bytesOfFile(where.path, limits.mostBytes, patience);
      case 'link': {
        const rules = { allowed, mostBytes: limits.mostBytes, resolve };
        return await bytesOfLink(where.url, where.type, rules, patience, signal);
      }
    }
  }
}

/** One line that people may see: no path, and no secret of a link. */
function titleOf(where: Where): string {
  const name = where.title ?? nameOf(where);
  const line = name.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return [...line].slice(0, longestTitle).join('') || 'a sound';
}

function nameOf(where: Where): string {
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
