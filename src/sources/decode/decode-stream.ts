import { loadOpus } from '#src/audio/opus/load-opus.ts';
import type { OpusCodec } from '#src/audio/opus/opus.ts';
import { joinSamples, musicRateHz, type Pcm, toMono } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resample.ts';
import { chunkMs, type SoundChunk } from '#src/audio/sound-source.ts';
import { StereoRate } from '#src/audio/stereo-rate.ts';
import { openFlac } from '#src/sources/formats/flac-decoder.ts';
import { openMp3 } from '#src/sources/formats/mp3-decoder.ts';
import { openOgg } from '#src/sources/formats/ogg-decoder.ts';
import { type Format, longestSniffBytes, sniff, sniffBytes } from '#src/sources/formats/sniff.ts';
import { openWav } from '#src/sources/formats/wav-decoder.ts';
import { openWebm } from '#src/sources/formats/webm-decoder.ts';
import type { DecodePlan, FeedResult } from './decode-messages.ts';
import type { Decoder } from './decoder.ts';
import { Skip } from './skip.ts';

/** Longest sound given at a time, in ms; the reader asks again. */
const enoughMs = 500;
/** Step sizes of a decoder: small at first, since 15 bytes of FLAC may become a second and a half. */
const steps = { leastBytes: 64, blindBytes: 256, mostBytes: 2048, tooMuchMs: 1000, littleMs: 200 };

let loaded: Promise<OpusCodec> | undefined;
const codec = () => {
  loaded ??= loadOpus();
  return loaded;
};

/** One file in a decoding process: its bytes that are not decoded yet, and its decoder once the format is known. */
export class DecodeStream {
  readonly #plan: DecodePlan;
  readonly #skip: Skip;
  /** Output shape; resampled here, since the asking process has frames to send. */
  readonly #shape: MonoSound | StereoSound;
  #bytes: Buffer = Buffer.alloc(0);
  #stepBytes: number = steps.leastBytes;
  /** Few of its bytes may hold much sound, so that steps stay small while none comes. */
  #mayBurst = true;
  #decoder: Decoder | undefined;
  /** Bytes after which the format is detected again. */
  #checkAtBytes = sniffBytes;

  constructor(plan: DecodePlan) {
    this.#plan = plan;
    this.#skip = new Skip(plan.skipMs ?? 0);
    const { want } = plan;
    this.#shape = want.kind === 'mono' ? new MonoSound(want.rateHz) : new StereoSound();
  }

  /** Throws a plain Error where the file is damaged. */
  async feed(bytes: Uint8Array, isLast: boolean): Promise<FeedResult> {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    this.#decoder ??= await this.#open(isLast);
    const chunks: SoundChunk[] = [];
    const toSkipMs = this.#skip.leftMs;
    let ms = 0;
    while (this.#decoder && this.#bytes.length > 0 && ms < enoughMs) {
      const given = await this.#decoder.push(this.#step());
      this.#pace(given);
      ms += lengthMs(given);
      chunks.push(...this.#wanted(given));
    }
    const hasMore = this.#decoder !== undefined && this.#bytes.length > 0;
    if (isLast && !hasMore) chunks.push(...(await this.#end()));
    const hasSound = chunks.length > 0 || this.#skip.leftMs < toSkipMs;
    return { kind: 'fed', chunks: joined(chunks), hasMore, hasSound };
  }

  /** Never throws: a decoder that a file broke cannot even be freed, and goes with its garbage. */
  free(): void {
    try {
      this.#decoder?.free();
    } catch {
      this.#decoder = undefined;
    }
  }

  #step(): Buffer {
    const step = this.#bytes.subarray(0, this.#stepBytes);
    this.#bytes = this.#bytes.subarray(step.length);
    return step;
  }

  #pace(given: readonly SoundChunk[]): void {
    const ms = lengthMs(given);
    const most = given.length > 0 || !this.#mayBurst ? steps.mostBytes : steps.blindBytes;
    if (ms > steps.tooMuchMs) this.#stepBytes = Math.max(steps.leastBytes, this.#stepBytes >> 2);
    else if (ms < steps.littleMs && this.#stepBytes < most) this.#stepBytes *= 2;
  }

  async #end(): Promise<readonly SoundChunk[]> {
    const given = (await this.#decoder?.end()) ?? [];
    return [...this.#wanted(given), ...this.#shape.end()];
  }

  #wanted(given: readonly SoundChunk[]): readonly SoundChunk[] {
    const left = given.flatMap((chunk) => this.#skip.cut(chunk));
    return left.flatMap((chunk) => {
      return chunk.kind === 'pcm' ? this.#shape.push(chunk.pcm) : [...this.#shape.end(), chunk];
    });
  }

  async #open(isLast: boolean): Promise<Decoder | undefined> {
    const { length } = this.#bytes;
    if (!isLast && length < this.#checkAtBytes) return undefined;
    this.#checkAtBytes = Math.min(2 * length, longestSniffBytes);
    const sniffed = sniff(this.#bytes, isLast);
    if (sniffed.kind === 'more') return undefined;
    if (sniffed.kind !== 'format') throw new Error(`it is ${sniffed.what}`);
    return await this.#openAs(sniffed.format);
  }

  async #openAs(format: Format): Promise<Decoder> {
    this.#mayBurst = format === 'flac' || format === 'ogg';
    switch (format) {
      case 'wav':
        return openWav();
      case 'mp3':
        return await openMp3(this.#skip);
      case 'flac':
        return await openFlac();
      case 'ogg':
        return openOgg(codec, this.#plan.want, this.#skip);
      case 'webm':
        return openWebm(await codec(), this.#plan.want, this.#skip);
    }
  }
}

function lengthMs(chunks: readonly SoundChunk[]): number {
  return chunks.reduce((sum, chunk) => sum + chunkMs(chunk), 0);
}

/** One chunk of samples in place of many, as all of a stream have one rate and as many channels; packets stay apart. */
function joined(chunks: readonly SoundChunk[]): readonly SoundChunk[] {
  const pieces = chunks.flatMap((chunk) => (chunk.kind === 'pcm' ? [chunk.pcm] : []));
  const [first] = pieces;
  if (!first || pieces.length < chunks.length) return chunks;
  const samples = joinSamples(pieces.map((piece) => piece.samples));
  return [{ kind: 'pcm', pcm: { ...first, samples } }];
}

/** Sound of any rate and channels as one channel at one rate, in pieces of any length. */
class MonoSound {
  readonly #rateHz: number;
  #fromHz = 0;
  #resampler: Resampler | undefined;

  constructor(rateHz: number) {
    this.#rateHz = rateHz;
  }

  push(pcm: Pcm): readonly SoundChunk[] {
    const { samples, rateHz } = toMono(pcm);
    if (this.#resampler && rateHz === this.#fromHz)
      return this.#chunk(this.#resampler.push(samples));
    const before = this.end();
    this.#fromHz = rateHz;
    this.#resampler = new Resampler(rateHz, this.#rateHz);
    return [...before, ...this.#chunk(this.#resampler.push(samples))];
  }

  end(): readonly SoundChunk[] {
    return this.#resampler ? this.#chunk(this.#resampler.flush()) : [];
  }

  #chunk(samples: Int16Array): readonly SoundChunk[] {
    if (samples.length === 0) return [];
    return [{ kind: 'pcm', pcm: { samples, rateHz: this.#rateHz, channels: 1 } }];
  }
}

/** Sound of any rate and channels as tracks are mixed, 48 kHz stereo, in pieces of any length. */
class StereoSound {
  readonly #rate = new StereoRate();

  push(pcm: Pcm): readonly SoundChunk[] {
    return this.#rate.push(pcm).flatMap(asChunk);
  }

  end(): readonly SoundChunk[] {
    return asChunk(this.#rate.flush());
  }
}

function asChunk(samples: Int16Array): readonly SoundChunk[] {
  if (samples.length === 0) return [];
  return [{ kind: 'pcm', pcm: { samples, rateHz: musicRateHz, channels: 2 } }];
}
