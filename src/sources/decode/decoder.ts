import type { OpusRateHz } from '#src/audio/opus/opus-codec.ts';
import { getDurationMs, mixDown, type Pcm } from '#src/audio/pcm.ts';

type Pieces = readonly Pcm[];

/** Decoder of one file format. */
export interface Decoder {
  /** Decodes bytes to the sound that they complete. Throws a plain Error for a damaged file. */
  addBytes(bytes: Uint8Array): Pieces | Promise<Pieces>;
  /** Returns the sound held back. Throws like `addBytes`. */
  end(): Pieces | Promise<Pieces>;
  /** Frees the decoder. Absent if the garbage collector does. */
  free?(): void;
}

export type SoundShape = { readonly rateHz: OpusRateHz; readonly channels: 1 | 2 };

/** Sound before the wanted position, which is decoded or read and then dropped. */
export class SoundSkip {
  #leftMs: number;

  constructor(ms: number) {
    this.#leftMs = ms;
  }

  /** Sound that is still to be dropped, in milliseconds. */
  get leftMs(): number {
    return this.#leftMs;
  }

  /** Skips `ms` undecoded if the wanted position is more than `preRollMs` after them. Returns whether it did. */
  skipIfFar(ms: number, preRollMs: number): boolean {
    const isFar = this.#leftMs > preRollMs + ms;
    if (isFar) this.#leftMs -= ms;
    return isFar;
  }

  /** Cuts the unwanted start off. Undefined if nothing is left. */
  cutPcm(pcm: Pcm): Pcm | undefined {
    if (this.#leftMs <= 0) return pcm;
    const { samples, rateHz, channels } = pcm;
    const cut = Math.round((this.#leftMs * rateHz) / 1000) * channels;
    this.#leftMs = cut < samples.length ? 0 : this.#leftMs - getDurationMs(pcm);
    return cut < samples.length
      ? { ...pcm, samples: samples.subarray(cut) }
      : undefined;
  }
}

/** Lower rates take seconds to resample, and higher ones gigabytes. */
const [minRateHz, maxRateHz] = [8_000, 384_000];

/**
 * Interleaves channels of -1 to 1. More than two are mixed down. Throws a plain Error for an
 * unlikely rate.
 */
export function interleavePcm(
  channels: readonly Float32Array[],
  rateHz: number,
): readonly Pcm[] {
  const length = channels[0]?.length ?? 0;
  if (length === 0) return [];
  if (!(rateHz >= minRateHz && rateHz <= maxRateHz))
    throw new Error(`its rate of ${rateHz} Hz is not supported`);
  const count = channels.length;
  const samples = new Int16Array(length * count);
  channels.forEach((channel, c) => {
    for (let n = 0; n < length; n++) {
      const value = channel[n] || 0; // Hostile files hold NaN.
      samples[n * count + c] = Math.max(-1, Math.min(1, value)) * 32_767;
    }
  });
  if (count === 1 || count === 2) return [{ samples, rateHz, channels: count }];
  return [{ samples: mixDown(samples, count), rateHz, channels: 1 }];
}
