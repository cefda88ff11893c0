/** Bounds how fast something comes: `perSecond` for good, and `burst` at once after a stall. */
export class PaceLimit {
  readonly #perMs: number;
  readonly #burst: number;
  #left: number;
  #lastMs: number | undefined;

  constructor({ perSecond, burst }: { readonly perSecond: number; readonly burst: number }) {
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#left = burst;
  }

  /** Counts one; false: it came faster than that. */
  take(nowMs: number): boolean {
    const passedMs = nowMs - (this.#lastMs ?? nowMs);
    this.#lastMs = nowMs;
    this.#left = Math.min(this.#burst, this.#left + passedMs * this.#perMs) - 1;
    return this.#left >= 0;
  }
}
