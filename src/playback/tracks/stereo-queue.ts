/** Sound of two channels at 48 kHz on its way to a track, first in, first out. Unbounded: its writer holds that bound. */
export class StereoQueue {
  #pieces: Int16Array[] = [];
  /** Place of the next sample in the first piece. */
  #at = 0;
  #length = 0;
  #taken = 0;

  /** Samples of one channel, as all lengths here. */
  get length(): number {
    return this.#length;
  }

  /** Samples that were taken so far. */
  get taken(): number {
    return this.#taken;
  }

  /** Keeps `samples`, which must not change any more. */
  push(samples: Int16Array): void {
    if (samples.length === 0) return;
    this.#pieces.push(samples);
    this.#length += samples.length / 2;
  }

  /** Moves as much as there is to `into` from place `at` on, to its end at most, and says how much that was. */
  take(into: Float32Array, at: number): number {
    let to = 2 * at;
    while (to < into.length) {
      const [piece] = this.#pieces;
      if (!piece) break;
      const part = piece.subarray(this.#at, this.#at + into.length - to);
      into.set(part, to);
      to += part.length;
      this.#at += part.length;
      if (this.#at < piece.length) continue;
      this.#pieces.shift();
      this.#at = 0;
    }
    const count = to / 2 - at;
    this.#length -= count;
    this.#taken += count;
    return count;
  }

  /** Copies the next samples without taking them; returns their number. */
  peek(into: Float32Array): number {
    let to = 0;
    let from = this.#at;
    for (const samples of this.#pieces) {
      if (to >= into.length) break;
      const part = samples.subarray(from, from + into.length - to);
      into.set(part, to);
      to += part.length;
      from = 0;
    }
    return to / 2;
  }
}
