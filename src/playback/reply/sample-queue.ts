/** Samples first in, first out, in pieces of any length. Unbounded ahead: the owner holds that bound. */
export class SampleQueue {
  readonly #keep: number;
  #pieces: Int16Array[] = [];
  /** The next sample is in this piece, at this place. */
  #piece = 0;
  #at = 0;
  #length = 0;
  /** Samples before the next one that are still here, also more than `keep`. */
  #kept = 0;

  /** The last `keep` samples taken can be put `back`. */
  constructor(keep = 0) {
    this.#keep = keep;
  }

  /** Samples waiting. */
  get length(): number {
    return this.#length;
  }

  /** Samples that can be had back. */
  get kept(): number {
    return Math.min(this.#kept, this.#keep);
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
    while (taken < into.length && this.#length > 0) {
      const piece = this.#pieces[this.#piece] ?? new Int16Array(0);
      const part = piece.subarray(this.#at, this.#at + into.length - taken);
      into.set(part, taken);
      taken += part.length;
      this.#at += part.length;
      this.#length -= part.length;
      if (this.#at === piece.length) {
        this.#piece++;
        this.#at = 0;
      }
    }
    this.#kept += taken;
    this.#forget();
    return taken;
  }

  /** Copies samples from `offset` before (negative) or after the next one; positions without samples stay unchanged. */
  read(offset: number, into: Int16Array): void {
    let start = -this.#kept - offset;
    for (const piece of this.#pieces) {
      if (start >= into.length) return;
      const part = piece.subarray(Math.max(0, -start), into.length - start);
      if (part.length > 0) into.set(part, Math.max(0, start));
      start += piece.length;
    }
  }

  /** Puts the last `count` taken samples back, or as many as were kept; returns their number. */
  back(count: number): number {
    const returned = Math.min(count, this.kept);
    let left = returned;
    while (left > this.#at) {
      left -= this.#at;
      this.#piece--;
      this.#at = this.#pieces[this.#piece]?.length ?? 0;
    }
    this.#at -= left;
    this.#length += returned;
    this.#kept -= returned;
    return returned;
  }

  /** Keeps only the first `count` of the waiting samples. */
  shorten(count: number): void {
    let over = this.#length - count;
    while (over > 0) {
      const last = this.#pieces.pop() ?? new Int16Array(0);
      if (last.length > over) this.#pieces.push(last.subarray(0, last.length - over));
      this.#length -= Math.min(over, last.length);
      over -= last.length;
    }
  }

  #forget(): void {
    while (this.#piece > 0 && this.#kept - (this.#pieces[0]?.length ?? 0) >= this.#keep) {
      this.#kept -= this.#pieces.shift()?.length ?? 0;
      this.#piece--;
    }
  }
}
