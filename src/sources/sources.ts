import { basename } from 'node:path';
import type { SoundSource } from '#src/audio/sound-source.ts';
import type { Clock } from '#src/base/clock.ts';
import { AllowedHosts } from './allowed-hosts.ts';
import { Decoding } from './decoding.ts';
import type { FfmpegOptions } from './ffmpeg.ts';
import type { Flow, Patience } from './flow.ts';
import type { Resolve } from './hop.ts';
import { jumpTo } from './jump.ts';
import { OpenedSound } from './opened-sound.ts';
import type { SoundOpener, SourceLimits, Where } from './ports.ts';
import { refusals } from './refusals.ts';
import { longestSniffBytes, type Sniffed, sniff } from './sniff.ts';
import {
  bytesInMemory,
  bytesOfFile,
  bytesOfLink,
  bytesOnce,
  type SoundBytes,
} from './sound-bytes.ts';
import { soundLengthMs } from './sound-length.ts';

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
/** A connection nobody has come for is closed. */
const keptOpenMs = 10_000;
const longestTitle = 100;

/** With a decoding thread of its own for all tracks; hosts as `AllowedHosts` takes them, `ffmpeg` as `findFfmpeg` finds it. */
export function openSources(
  allowedHosts: readonly string[],
  clock: Clock,
  ffmpeg?: string,
): SoundOpener & AsyncDisposable {
  const decoding = new Decoding({ clock, stepMs: 2_000 });
  const allowed = new AllowedHosts(allowedHosts);
  const sources = new Sources({ clock, decoding, allowed, ...(ffmpeg && { ffmpeg }) });
  return {
    openSource: (where, limits, signal) => sources.openSource(where, limits, signal),
    [Symbol.asyncDispose]: () => decoding[Symbol.asyncDispose](),
  };
}

/** Makes anything that holds sound playable. */
export class Sources implements SoundOpener {
  readonly #options: SourcesOptions;

  constructor(options: SourcesOptions) {
    this.#options = options;
  }

  /** As `SoundOpener.openSource`. */
  async openSource(where: Where, limits: SourceLimits, signal: AbortSignal): Promise<SoundSource> {
    const all = { ...usual, ...limits };
    const bytes = await this.#bytesOf(where, all, signal);
    const begun = await readHead(bytes, where, signal);
    try {
      return await this.#opened(where, all, { ...begun, bytes }, signal);
    } catch (refused) {
      begun.flow.close();
      throw refused;
    }
  }

  async #opened(
    where: Where,
    limits: Limits & SourceLimits,
    { bytes, flow, pieces, head, sniffed }: Begun & { readonly bytes: SoundBytes },
    signal: AbortSignal,
  ): Promise<SoundSource> {
    const { clock, decoding } = this.#options;
    const isLive = bytes.jumps === 'never';
    const longestMs = isLive ? Number.POSITIVE_INFINITY : limits.longestMs;
    const ffmpeg = this.#ffmpegFor(sniffed);
    const format = sniffed?.kind === 'format' ? sniffed.format : undefined;
    const raw = 'raw' in where ? where.raw : undefined;
    const lengthMs = await soundLengthMs({ bytes, head, format, raw }, signal);
    if (lengthMs !== undefined && lengthMs > longestMs) throw refusals.tooLong(longestMs);
    const want = { kind: 'track', isExact: limits.isExact ?? false } as const;
    const known = { bytes, head, format, raw, lengthMs };
    const jump = (fromMs: number, left: AbortSignal) => jumpTo(known, want, fromMs, left);
    const sound = new OpenedSound({
      ...{ title: titleOf(where), bytes, decoding, lengthMs, longestMs, jump },
      begun: { flow, pieces },
      ...(ffmpeg && { ffmpeg }),
    });
    sound.keep(keptOpenMs, clock);
    return sound;
  }

  /** Errors: BotError `source.not_audio` for what cannot be decoded here. */
  #ffmpegFor(
    sniffed: Sniffed | undefined,
  ): (FfmpegOptions & { readonly demuxer: string }) | undefined {
    if (!sniffed || sniffed.kind === 'format') return undefined;
    const { clock, ffmpeg: path } = this.#options;
    if (sniffed.kind === 'ffmpeg' && path) return { path, clock, demuxer: sniffed.demuxer };
    const needs = sniffed.kind === 'ffmpeg' ? ', which needs ffmpeg' : '';
    throw refusals.notAudio(
      `it is ${sniffed.kind === 'more' ? 'too short' : sniffed.what}${needs}`,
    );
  }

  async #bytesOf(where: Where, limits: Limits, signal: AbortSignal): Promise<SoundBytes> {
    const { clock, allowed, resolve } = this.#options;
    const patience: Patience = { clock, ...limits };
    switch (where.kind) {
      case 'file':
        return await bytesOfFile(where.path, limits.mostBytes, patience);
      case 'bytes':
        if (where.bytes.length > limits.mostBytes) throw refusals.tooBig(limits.mostBytes);
        return bytesInMemory(where.bytes, patience);
      case 'stream':
        return bytesOnce(where.bytes, { ...patience, waitMs: Number.POSITIVE_INFINITY });
      case 'link': {
        const rules = { allowed, mostBytes: limits.mostBytes, ...(resolve && { resolve }) };
        return await bytesOfLink(where.url, where.type, rules, patience, signal);
      }
    }
  }
}

type Begun = {
  readonly flow: Flow;
  readonly pieces: readonly Uint8Array[];
  readonly head: Buffer;
  /** Undefined for raw samples. */
  readonly sniffed: Sniffed | undefined;
};

/** Reads until it is known what it is. Errors: those of the bytes. */
async function readHead(bytes: SoundBytes, where: Where, signal: AbortSignal): Promise<Begun> {
  const flow = bytes.from(0);
  const pieces: Uint8Array[] = [];
  let head: Buffer = Buffer.alloc(0);
  if ('raw' in where && where.raw) return { flow, pieces, head, sniffed: undefined };
  for (;;) {
    const piece = await flow.next(signal);
    if (piece) pieces.push(piece);
    head = Buffer.concat(pieces);
    const sniffed = sniff(head, !piece || head.length >= longestSniffBytes);
    if (sniffed.kind !== 'more' || !piece) return { flow, pieces, head, sniffed };
  }
}

/** One line of what people may see: no path, and no secret of a link. */
function titleOf(where: Where): string {
  const name = where.title ?? nameOf(where);
  const line = name.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return [...line].slice(0, longestTitle).join('') || 'a sound';
}

function nameOf(where: Where): string {
  if (where.kind === 'file') return basename(where.path).replace(/\.\w{1,5}$/, '');
  if (where.kind !== 'link' || !URL.canParse(where.url)) return '';
  const { pathname, hostname } = new URL(where.url);
  const last = basename(pathname);
  try {
    return decodeURIComponent(last) || hostname;
  } catch {
    return last;
  }
}
