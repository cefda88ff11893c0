import { type SoundFileFormat, sniffFormat } from '#src/audio/formats/sniff-format.ts';
import { WavReader } from '#src/audio/formats/wav.ts';
import { getDurationMs, joinSamples, type Pcm } from '#src/audio/pcm.ts';
import { RateConverter } from '#src/audio/resampler.ts';
import { openFlac } from '#src/sources/formats/flac-decoder.ts';
import { openMp3 } from '#src/sources/formats/mp3-decoder.ts';
import { openOgg } from '#src/sources/formats/ogg-decoder.ts';
import { openWebm } from '#src/sources/formats/webm-decoder.ts';
import type { DecodePlan, FeedResult } from './decode-messages.ts';
import { type Decoder, Skip } from './decoder.ts';

const enoughMs = 500;
/** 15 bytes of FLAC or Ogg may hold 1.5 s. */
const [burstStepBytes, stepBytes] = [512, 2048];

/** One file in a decoding process. */
export class DecodeStream {
  readonly #plan;
  readonly #skip;
  /** Resamples here, since the main process has frames to send. */
  readonly #rate;
  #bytes: Buffer = Buffer.alloc(0);
  #stepBytes = burstStepBytes;
  #decoder: Decoder | undefined;

  constructor(plan: DecodePlan) {
    this.#plan = plan;
    this.#skip = new Skip(plan.skipMs ?? 0);
    this.#rate = new RateConverter(plan.rateHz, plan.channels);
  }

  /** Decodes further bytes. Throws a plain Error for a damaged file. */
  async feed(bytes: Uint8Array, isLast: boolean): Promise<FeedResult> {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    this.#decoder ??= await this.#openDecoder(isLast);
    const pieces: Int16Array[] = [];
    const toSkipMs = this.#skip.leftMs;
    let ms = 0;
    while (this.#decoder && this.#bytes.length > 0 && ms < enoughMs) {
      const given = await this.#decoder.push(this.#takeStep());
      ms += given.reduce((sum, pcm) => sum + getDurationMs(pcm), 0);
      pieces.push(...this.#toWantedShape(given));
    }
    const hasMore = this.#decoder !== undefined && this.#bytes.length > 0;
    if (isLast && !hasMore) {
      const given = (await this.#decoder?.end()) ?? [];
      pieces.push(...this.#toWantedShape(given), this.#rate.flush());
    }
    const samples = joinSamples(pieces);
    const hasSound = samples.length > 0 || this.#skip.leftMs < toSkipMs;
    return { kind: 'fed', samples, hasMore, hasSound };
  }

  /** Frees the decoder. Never throws. */
  free() {
    try {
      this.#decoder?.free?.();
    } catch {
      // A decoder that a file broke cannot be freed, and is left to the garbage collector.
      this.#decoder = undefined;
    }
  }

  #takeStep() {
    const step = this.#bytes.subarray(0, this.#stepBytes);
    this.#bytes = this.#bytes.subarray(step.length);
    return step;
  }

  #toWantedShape(given: readonly Pcm[]) {
    return given.flatMap((pcm) => {
      const wanted = this.#skip.cutPcm(pcm);
      return wanted ? this.#rate.push(wanted) : [];
    });
  }

  async #openDecoder(isLast: boolean) {
    const sniffed = sniffFormat(this.#bytes, isLast);
    if (sniffed.kind === 'more') return undefined;
    if (sniffed.kind !== 'format') throw new Error(`it is ${sniffed.what}`);
    return await this.#openFormat(sniffed.format);
  }

  async #openFormat(format: SoundFileFormat) {
    this.#stepBytes =
      format === 'flac' || format === 'ogg' ? burstStepBytes : stepBytes;
    switch (format) {
      case 'wav':
        return new WavReader();
      case 'mp3':
        return await openMp3(this.#skip);
      case 'flac':
        return await openFlac(this.#skip);
      case 'ogg':
        return openOgg(this.#plan, this.#skip);
      case 'webm':
        return openWebm(this.#plan, this.#skip);
    }
  }
}
