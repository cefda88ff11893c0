import { basename } from 'node:path';
import type { SoundSource } from '#src/audio/sound-source.ts';
import type { Clock } from '#src/base/clock.ts';
import { AllowedHosts } from './allowed-hosts.ts';
import { Decoding } from './decoding.ts';
import type { Patience } from './flow.ts';
import type { Resolve } from './hop.ts';
import { jumpTo } from './jump.ts';
import { OpenedSound } from './opened-sound.ts';
import type { SoundOpener, SourceLimits, Where } from './ports.ts';
import { refusals } from './refusals.ts';
import { type Format, longestSniffBytes, sniff } from './sniff.ts';
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

/** With a decoding thread of its own for all tracks; hosts as `AllowedHosts` takes them. */
export function openSources(
  allowedHosts: readonly string[],
  clock: Clock,
): SoundOpener & AsyncDisposable {
  const decoding = new Decoding({ clock, stepMs: 2_000 });
  const sources = new Sources({ clock, decoding, allowed: new AllowedHosts(allowedHosts) });
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
    const { clock, decoding } = this.#options;
    const all = { ...usual, ...limits };
    const bytes = await this.#bytesOf(where, all, signal);
    const begun = await readHead(bytes, where, signal);
    const { head, format } = begun;
    const raw = 'raw' in where ? where.raw : undefined;
    const lengthMs = await soundLengthMs({ bytes, head, format, raw }, signal);
    const longestMs = bytes.jumps === 'never' ? Number.POSITIVE_INFINITY : all.longestMs;
    if (lengthMs !== undefined && lengthMs > longestMs) {
      begun.flow.close();
      throw refusals.tooLong(longestMs);
    }
    const want = { kind: 'track', isExact: limits.isExact ?? false } as const;
    const jump = (fromMs: number, left: AbortSignal) =>
      jumpTo({ bytes, head, format, raw, lengthMs }, want, fromMs, left);
    const title = titleOf(where);
    const sound = new OpenedSound({ title, bytes, decoding, lengthMs, longestMs, begun, jump });
    sound.keep(keptOpenMs, clock);
    return sound;
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

/** Reads until it is known what it is. Errors: BotError `source.not_audio` for what cannot be decoded, and those of the bytes. */
async function readHead(bytes: SoundBytes, where: Where, signal: AbortSignal) {
  const flow = bytes.from(0);
  const pieces: Uint8Array[] = [];
  if ('raw' in where && where.raw)
    return { flow, pieces, head: Buffer.alloc(0), format: undefined };
  let head: Buffer = Buffer.alloc(0);
  try {
    for (;;) {
      const piece = await flow.next(signal);
      if (piece) pieces.push(piece);
      head = Buffer.concat(pieces);
      const isEnough = !piece || head.length >= longestSniffBytes;
      const format = formatOf(head, isEnough);
      if (format) return { flow, pieces, head, format };
    }
  } catch (refused) {
    flow.close();
    throw refused;
  }
}

function formatOf(head: Buffer, isEnough: boolean): Format | undefined {
  const sniffed = sniff(head, isEnough);
  if (sniffed.kind === 'more') return undefined;
  if (sniffed.kind === 'format') return sniffed.format;
  throw refusals.notAudio(
    `it is ${sniffed.what}${sniffed.kind === 'ffmpeg' ? ', which needs ffmpeg' : ''}`,
  );
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
