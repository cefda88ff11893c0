import { RawSampleReader } from '#src/audio/formats/raw-sound.ts';
import { type SoundFileFormat, sniffFormat } from '#src/audio/formats/sniff-format.ts';
import { WavReader } from '#src/audio/formats/wav.ts';
import { getDurationMs, joinSamples, type Pcm, speakRateHz } from '#src/audio/pcm.ts';
import { RateConverter } from '#src/audio/resampler.ts';
import { BotError } from '#src/base/errors.ts';
import { openFlac } from '#src/sources/formats/flac-decoder.ts';
import { openMp3 } from '#src/sources/formats/mp3-decoder.ts';
import { OggDecoder } from '#src/sources/formats/ogg-decoder.ts';
import { WebmDecoder } from '#src/sources/formats/webm-decoder.ts';
import type { DecodePlan, FeedResult } from './decode-messages.ts';
import { type Decoder, SoundSkip } from './decoder.ts';

const enoughMs = 500;
/** 15 bytes of FLAC or Ogg may hold 1.5 s. */
const [burstStepBytes, stepBytes] = [512, 2048];

/** Decodes one file of any format as its bytes come, to one rate and number of channels. */
export class DecodeStream {
  readonly #plan: DecodePlan;
  readonly #skip: SoundSkip;
  /** Resamples here, since the main process has frames to send. */
  readonly #rate: RateConverter;
  #remainder: Buffer = Buffer.alloc(0);
  #maxStepBytes = burstStepBytes;
  #decoder: Decoder | undefined;

  constructor(plan: DecodePlan) {
    this.#plan = plan;
    this.#skip = new SoundSkip(plan.skipMs ?? 0);
    this.#rate = new RateConverter(plan.rateHz, plan.channels);
  }

  /** Decodes further bytes. Throws a plain Error for a damaged file. */
  async feedBytes(bytes: Uint8Array, isLast: boolean): Promise<FeedResult> {
    this.#remainder = Buffer.concat([this.#remainder, bytes]);
    this.#decoder ??= await this.#openDecoder(isLast);
    const skipMs = this.#skip.leftMs;
    const pieces = await this.#decodeEnough(this.#decoder);
    const hasMore = this.#decoder !== undefined && this.#remainder.length > 0;
    if (isLast && !hasMore) {
      const lastPieces = (await this.#decoder?.end()) ?? [];
      pieces.push(...this.#toPlannedShape(lastPieces), this.#rate.flush());
    }
    const samples = joinSamples(pieces);
    const hasSound = samples.length > 0 || this.#skip.leftMs < skipMs;
    return { kind: 'fed', samples, hasMore, hasSound };
  }

  /** Frees the memory of the decoder. Nothing may be fed afterwards. Never throws. */
  free(): void {
    try {
      this.#decoder?.free?.();
    } catch {
      // A decoder that a file broke cannot be freed, and is left to the garbage collector.
      this.#decoder = undefined;
    }
  }

  async #decodeEnough(decoder: Decoder | undefined) {
    const pieces: Int16Array[] = [];
    let ms = 0;
    while (decoder && this.#remainder.length > 0 && ms < enoughMs) {
      const decoded = await decoder.addBytes(this.#takeStep());
      ms += decoded.reduce((sum, pcm) => sum + getDurationMs(pcm), 0);
      pieces.push(...this.#toPlannedShape(decoded));
    }
    return pieces;
  }

  #takeStep() {
    const step = this.#remainder.subarray(0, this.#maxStepBytes);
    this.#remainder = this.#remainder.subarray(step.length);
    return step;
  }

  #toPlannedShape(pieces: readonly Pcm[]) {
    return pieces.flatMap((pcm) => {
      const cut = this.#skip.cutPcm(pcm);
      return cut ? this.#rate.push(cut) : [];
    });
  }

  async #openDecoder(isLast: boolean) {
    const { rawLabel } = this.#plan;
    if (rawLabel) return new RawSampleReader(rawLabel, speakRateHz);
    const sniffed = sniffFormat(this.#remainder, isLast);
    if (sniffed.kind === 'more') return undefined;
    if (sniffed.kind !== 'format')
      throw new BotError('source.not_audio', false, `it is ${sniffed.name}`);
    return await this.#openFormat(sniffed.format);
  }

  async #openFormat(format: SoundFileFormat) {
    this.#maxStepBytes =
      format === 'flac' || format === 'ogg' ? burstStepBytes : stepBytes;
    switch (format) {
      case 'wav':
        return new WavReader();
      case 'mp3':
        return await openMp3(this.#skip);
      case 'flac':
        return await openFlac(this.#skip);
      case 'ogg':
        return new OggDecoder(this.#plan, this.#skip);
      case 'webm':
        return new WebmDecoder(this.#plan, this.#skip);
    }
  }
}
