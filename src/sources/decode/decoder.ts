import type { OpusRateHz } from '#src/audio/opus/opus-codec.ts';
import { getDurationMs, mixDown, type Pcm } from '#src/audio/pcm.ts';

type Some = readonly Pcm[];

export interface Decoder {
  /** Decodes bytes to the sound that they complete. Throws a plain Error for a damaged file. */
  push(bytes: Uint8Array): Some | Promise<Some>;
  /** Returns the rest of the sound. Throws like `push`. */
  end(): Some | Promise<Some>;
  /** Frees the decoder. Absent if the garbage collector does. */
  free?(): void;
}

export type SoundShape = { readonly rateHz: OpusRateHz; readonly channels: 1 | 2 };

export type Skip = ReturnType<typeof createSkip>;

/** Sound before the wanted position, which is decoded or read and then dropped. */
export function createSkip(ms: number) {
  let leftMs = ms;

  return {
    get leftMs(): number {
      return leftMs;
    },

    /** Skips `ms` undecoded if the wanted position is more than `preRollMs` after them. Returns whether it did. */
    skipIfFar(ms: number, preRollMs: number): boolean {
      const isFar = leftMs > preRollMs + ms;
      if (isFar) leftMs -= ms;
      return isFar;
    },

    /** Cuts the unwanted start off. Undefined if nothing is left. */
    cutPcm(pcm: Pcm): Pcm | undefined {
      if (leftMs <= 0) return pcm;
      const { samples, rateHz, channels } = pcm;
      const cut = Math.round((leftMs * rateHz) / 1000) * channels;
      leftMs = cut < samples.length ? 0 : leftMs - getDurationMs(pcm);
      return cut < samples.length
        ? { ...pcm, samples: samples.subarray(cut) }
        : undefined;
    },
  };
}

/** Lower rates take seconds to resample, and higher ones gigabytes. */
const allowedRates = { leastHz: 8_000, mostHz: 384_000 } as const;

/**
 * Interleaves channels of -1 to 1. More than two are mixed down. Throws a plain Error for an
 * unlikely rate.
 */
export function interleavePcm(
  channels: readonly Float32Array[],
  rateHz: number,
): readonly Pcm[] {
  const [first] = channels;
  if (!first || first.length === 0) return [];
  if (!(rateHz >= allowedRates.leastHz && rateHz <= allowedRates.mostHz))
    throw new Error(`its rate of ${rateHz} Hz is not supported`);
  const count = channels.length;
  const samples = new Int16Array(first.length * count);
  channels.forEach((channel, c) => {
    for (let n = 0; n < first.length; n++) {
      const value = channel[n] || 0; // Hostile files hold NaN.
      samples[n * count + c] = Math.max(-1, Math.min(1, value)) * 32_767;
    }
  });
  if (count === 1 || count === 2) return [{ samples, rateHz, channels: count }];
  return [{ samples: mixDown(samples, count), rateHz, channels: 1 }];
}
