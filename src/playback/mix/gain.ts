import { bend, full } from './limiter.ts';

/** Factor of amplitude for a gain in dB. */
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

  /** Applies the gain in place. Peaks above full scale are bent, never wrapped. */
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

/** A gain that glides, sample by sample, over float sound of two channels; a step would click. */
export class Glide {
  #from: number;
  #goal: number;
  #over = 0;
  #done = 0;

  constructor(gain = 1) {
    this.#from = gain;
    this.#goal = gain;
  }

  /** The gain while it does not move. */
  get steady(): number | undefined {
    return this.#done >= this.#over ? this.#goal : undefined;
  }

  /** To `gain` from wherever it is; at once over 0 samples. */
  to(gain: number, overSamples: number): void {
    this.#from = overSamples > 0 ? this.#now() : gain;
    this.#goal = gain;
    this.#over = overSamples;
    this.#done = 0;
  }

  /** Applies the gain in place, to both channels alike. */
  apply(sound: Float32Array): void {
    const { steady } = this;
    if (steady === undefined) this.#move(sound);
    else if (steady !== 1) scale(sound, steady);
  }

  /** Time goes by without sound. */
  pass(samples: number): void {
    this.#done = Math.min(this.#over, this.#done + samples);
  }

  #move(sound: Float32Array): void {
    for (let n = 0; n < sound.length; n += 2) {
      const gain = this.#now();
      sound[n] = (sound[n] ?? 0) * gain;
      sound[n + 1] = (sound[n + 1] ?? 0) * gain;
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

function scale(sound: Float32Array, gain: number): void {
  for (let n = 0; n < sound.length; n++) sound[n] = (sound[n] ?? 0) * gain;
}

/** Lets the last `length` of `samples` fall to silence in a straight line, in place: no click. */
export function fadeOut(samples: Int16Array, length: number): void {
  const tail = samples.subarray(Math.max(0, samples.length - length));
  for (const [at, sample] of tail.entries()) {
    tail[at] = Math.round(sample * (1 - (at + 1) / (tail.length + 1)));
  }
}

/** Lets the first `length` of `samples` rise from silence, in place. */
export function fadeIn(samples: Int16Array, length: number): void {
  const head = samples.subarray(0, length);
  for (const [at, sample] of head.entries()) {
    head[at] = Math.round((sample * (at + 1)) / (head.length + 1));
  }
}
