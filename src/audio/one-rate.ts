import { type Pcm, toMono } from './pcm.ts';
import { Resampler } from './resample.ts';

/** Brings pieces of one sound, each of any rate and channels, to one channel at one rate. */
export class OneRate {
  readonly #toHz: number;
  #fromHz: number | undefined;
  #resampler: Resampler | undefined;

  constructor(toHz: number) {
    this.#toHz = toHz;
  }

  /** Samples that are ready; a few are held back. */
  push(pcm: Pcm): readonly Int16Array[] {
    const { samples, rateHz } = toMono(pcm);
    const pieces: Int16Array[] = [];
    if (rateHz !== this.#fromHz || !this.#resampler) {
      pieces.push(this.flush());
      this.#fromHz = rateHz;
      this.#resampler = new Resampler(rateHz, this.#toHz);
    }
    pieces.push(this.#resampler.push(samples));
    return pieces.filter(({ length }) => length > 0);
  }

  /** Gives the samples held back. */
  flush(): Int16Array {
    return this.#resampler?.flush() ?? new Int16Array(0);
  }
}
