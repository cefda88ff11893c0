import type { SoundChunk } from '#src/audio/sound-source.ts';

/** Sound that is decoded, or read, only to reach the wanted position. */
export class Skip {
  #leftMs: number;

  constructor(ms: number) {
    this.#leftMs = ms;
  }

  get leftMs(): number {
    return this.#leftMs;
  }

  /** Reports sound that was left out without decoding it, in ms. */
  passed(ms: number): void {
    this.#leftMs = Math.max(0, this.#leftMs - ms);
  }

  /** Cuts the unwanted start off a chunk; a packet is kept whole, or not at all. */
  cut(chunk: SoundChunk): readonly SoundChunk[] {
    if (this.#leftMs <= 0) return [chunk];
    if (chunk.kind === 'opus') {
      this.passed(chunk.samples / 48);
      return [];
    }
    const { samples, rateHz, channels } = chunk.pcm;
    const frames = Math.min(samples.length / channels, Math.round((this.#leftMs * rateHz) / 1000));
    this.#leftMs = frames * channels < samples.length ? 0 : this.#leftMs - (frames / rateHz) * 1000;
    if (frames * channels === samples.length) return [];
    return [{ kind: 'pcm', pcm: { ...chunk.pcm, samples: samples.subarray(frames * channels) } }];
  }
}
