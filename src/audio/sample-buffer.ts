/** Samples that grow in place, since joining them anew would copy seconds of sound for each piece. */
export class SampleBuffer {
  #samples = new Int16Array(0);
  #from = 0;
  #to = 0;

  get from(): number {
    return this.#from;
  }

  get to(): number {
    return this.#to;
  }

  get #length() {
    return this.#to - this.#from;
  }

  push(samples: Int16Array, keptFrom: number): void {
    const end = this.#length + samples.length;
    if (end > this.#samples.length) this.#makeRoom(samples.length, keptFrom);
    this.#samples.set(samples, this.#length);
    this.#to += samples.length;
  }

  /** Returns at most `length` samples. The view is valid until the next push. */
  view(place: number, length: number): Int16Array {
    const from = place - this.#from;
    return this.#samples.subarray(from, Math.min(from + length, this.#length));
  }

  truncate(place: number): void {
    this.#to = place;
  }

  #makeRoom(length: number, keptFrom: number) {
    const past = Math.max(0, keptFrom - this.#from);
    const kept = this.#samples.subarray(past, this.#length);
    this.#samples = new Int16Array(2 * (kept.length + length));
    this.#samples.set(kept);
    this.#from += past;
  }
}
