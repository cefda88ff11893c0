import { bend, full } from './limiter.ts';

/** How many times as large a sample gets. */
export function gainOf(db: number): number {
  return 10 ** (db / 20);
}

/** A volume that glides: a step would click. */
export class Gain {
  #from: number;
  #goal: number;
  /** Samples of the glide, and how many of them are done. */
  #over = 0;
  #done = 0;

  constructor(gain: number) {
    this.#from = gain;
    this.#goal = gain;
  }

  /** Glides to `gain` from wherever it is; at once with 0 samples. */
  to(gain: number, overSamples: number): void {
    this.#from = overSamples > 0 ? this.#now() : gain;
    this.#goal = gain;
    this.#over = overSamples;
    this.#done = 0;
  }

  /** In place. Louder than full scale is bent, never wrapped. */
  apply(samples: Int16Array): void {
    if (this.#done >= this.#over && this.#goal === 1) return;
    for (let n = 0; n < samples.length; n++) {
      const loud = (samples[n] ?? 0) * this.#now();
      samples[n] = Math.round(this.#goal > 1 ? bend(loud / full) * full : loud);
      if (this.#done < this.#over) this.#done++;
    }
  }

  /** Starts and ends level, so the glide itself has no corner. */
  #now(): number {
    if (this.#done >= this.#over) return this.#goal;
    const share = this.#done / this.#over;
    return this.#from + (this.#goal - this.#from) * share * share * (3 - 2 * share);
  }
}
