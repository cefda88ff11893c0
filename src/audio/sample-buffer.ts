/** Samples in a row, which grow in place at their end: joined anew, each piece would copy seconds of sound. */
export class SampleBuffer {
  /** The samples that are kept, with room behind them. */
  #samples = new Int16Array(0);
  #from = 0;
  #to = 0;

  /** Place of the first sample that is kept. */
  get from(): number {
    return this.#from;
  }

  /** Place behind the last sample. */
  get to(): number {
    return this.#to;
  }

  get #length() {
    return this.#to - this.#from;
  }

  /** Adds samples; those before place `keptFrom` may be forgotten. */
  push(samples: Int16Array, keptFrom: number): void {
    const end = this.#length + samples.length;
    if (end > this.#samples.length) this.#makeRoom(samples.length, keptFrom);
    this.#samples.set(samples, this.#length);
    this.#to += samples.length;
  }

  /** Samples from a place on, `length` at most; a view until the next push. */
  at(place: number, length: number): Int16Array {
    const from = place - this.#from;
    return this.#samples.subarray(from, Math.min(from + length, this.#length));
  }

  /** Drops the samples from this place on. */
  cut(place: number): void {
    this.#to = place;
  }

  /** Moves what is kept to twice the room that it needs. */
  #makeRoom(length: number, keptFrom: number) {
    const past = Math.max(0, keptFrom - this.#from);
    const kept = this.#samples.subarray(past, this.#length);
    this.#samples = new Int16Array(2 * (kept.length + length));
    this.#samples.set(kept);
    this.#from += past;
  }
}
