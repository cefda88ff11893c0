import type { Pcm } from './pcm.ts';
import { Resampler } from './resample.ts';

/** Brings pieces of one mono sound, each of any rate, to one rate. */
export class OneRate {
  readonly #toHz: number;
  #fromHz: number | undefined;
  #resampler: Resampler | undefined;

  constructor(toHz: number) {
    this.#toHz = toHz;
  }

  /** Samples that are ready; a few are held back. */
  push({ samples, rateHz }: Pcm): readonly Int16Array[] {
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
