import { type SoundFileFormat, sniffFormat } from '#src/audio/formats/sniff-format.ts';
import { WavReader } from '#src/audio/formats/wav.ts';
import { getDurationMs, joinSamples, type Pcm } from '#src/audio/pcm.ts';
import { RateConverter } from '#src/audio/resampler.ts';
import { openFlac } from '#src/sources/formats/flac-decoder.ts';
import { openMp3 } from '#src/sources/formats/mp3-decoder.ts';
import { openOgg } from '#src/sources/formats/ogg-decoder.ts';
import { openWebm } from '#src/sources/formats/webm-decoder.ts';
import type { DecodePlan, FeedResult } from './decode-messages.ts';
import { createSkip, type Decoder } from './decoder.ts';

const enoughMs = 500;
/** 15 bytes of FLAC or Ogg may hold 1.5 s. */
const [burstStepBytes, stepBytes] = [512, 2048];

export type DecodeStream = ReturnType<typeof createDecodeStream>;

export function createDecodeStream(plan: DecodePlan) {
  let rest: Buffer = Buffer.alloc(0);
  let mostStepBytes = burstStepBytes;
  let decoder: Decoder | undefined;
  const skip = createSkip(plan.skipMs ?? 0);
  /** Resamples here, since the main process has frames to send. */
  const rate = new RateConverter(plan.rateHz, plan.channels);

  function takeStep() {
    const step = rest.subarray(0, mostStepBytes);
    rest = rest.subarray(step.length);
    return step;
  }

  function toWantedShape(given: readonly Pcm[]) {
    return given.flatMap((pcm) => {
      const wanted = skip.cutPcm(pcm);
      return wanted ? rate.push(wanted) : [];
    });
  }

  async function openDecoder(isLast: boolean) {
    const sniffed = sniffFormat(rest, isLast);
    if (sniffed.kind === 'more') return undefined;
    if (sniffed.kind !== 'format') throw new Error(`it is ${sniffed.what}`);
    return await openFormat(sniffed.format);
  }

  async function openFormat(format: SoundFileFormat) {
    mostStepBytes = format === 'flac' || format === 'ogg' ? burstStepBytes : stepBytes;
    switch (format) {
      case 'wav':
        return new WavReader();
      case 'mp3':
        return await openMp3(skip);
      case 'flac':
        return await openFlac(skip);
      case 'ogg':
        return openOgg(plan, skip);
      case 'webm':
        return openWebm(plan, skip);
    }
  }

  return {
    /** Decodes further bytes. Throws a plain Error for a damaged file. */
    async feed(bytes: Uint8Array, isLast: boolean): Promise<FeedResult> {
      rest = Buffer.concat([rest, bytes]);
      decoder ??= await openDecoder(isLast);
      const pieces: Int16Array[] = [];
      const toSkipMs = skip.leftMs;
      let ms = 0;
      while (decoder && rest.length > 0 && ms < enoughMs) {
        const given = await decoder.push(takeStep());
        ms += given.reduce((sum, pcm) => sum + getDurationMs(pcm), 0);
        pieces.push(...toWantedShape(given));
      }
      const hasMore = decoder !== undefined && rest.length > 0;
      if (isLast && !hasMore) {
        const given = (await decoder?.end()) ?? [];
        pieces.push(...toWantedShape(given), rate.flush());
      }
      const samples = joinSamples(pieces);
      const hasSound = samples.length > 0 || skip.leftMs < toSkipMs;
      return { kind: 'fed', samples, hasMore, hasSound };
    },

    /** Never throws. */
    free() {
      try {
        decoder?.free?.();
      } catch {
        // A decoder that a file broke cannot be freed, and is left to the garbage collector.
        decoder = undefined;
      }
    },
  };
}
