/** Samples first in, first out, whatever the length of the pieces. Unbounded: the owner holds the bound. */
export class SampleQueue {
  #pieces: Int16Array[] = [];
  #length = 0;

  /** Samples waiting. */
  get length(): number {
    return this.#length;
  }

  /** Keeps `samples`, which must not change any more. */
  push(samples: Int16Array): void {
    if (samples.length === 0) return;
    this.#pieces.push(samples);
    this.#length += samples.length;
  }

  /** Moves up to `into.length` samples there, and says how many. */
  take(into: Int16Array): number {
    let taken = 0;
    for (let piece = this.#pieces[0]; piece && taken < into.length; piece = this.#pieces[0]) {
      const part = piece.subarray(0, into.length - taken);
      into.set(part, taken);
      taken += part.length;
      if (part.length === piece.length) this.#pieces.shift();
      else this.#pieces[0] = piece.subarray(part.length);
    }
    this.#length -= taken;
    return taken;
  }

  clear(): void {
    this.#pieces = [];
    this.#length = 0;
  }
}
