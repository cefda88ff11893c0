import { type Pcm, toMono } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resample.ts';
import type { SoundChunk } from '#src/audio/sound-source.ts';

/** Sound of any rate and channels as one channel at one rate, in pieces of any length. */
export class MonoSound {
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
