/** Windows remembered: more than come between a voice and its notice. */
const mostLags = 32;

/** What jitter has added to each of one person's latest windows of voice activity. */
export class WindowLags {
  readonly #atMs = new Float64Array(mostLags).fill(Number.NEGATIVE_INFINITY);
  readonly #lagMs = new Float64Array(mostLags);
  #count = 0;

  /** Lag in ms of the latest window; 0 before the first one. */
  get latestMs(): number {
    return this.#count === 0 ? 0 : (this.#lagMs[(this.#count - 1) % mostLags] ?? 0);
  }

  /** `atMs` is when the window ended. */
  put(atMs: number, lagMs: number): void {
    this.#atMs[this.#count % mostLags] = atMs;
    this.#lagMs[this.#count % mostLags] = lagMs;
    this.#count++;
  }

  /** Lag in ms of the window that ended then: of a burst of packets, which has many, of the first of them. 0: of none. */
  atMs(endMs: number): number {
    for (let n = Math.max(0, this.#count - mostLags); n < this.#count; n++) {
      if (Math.abs((this.#atMs[n % mostLags] ?? 0) - endMs) < 1)
        return this.#lagMs[n % mostLags] ?? 0;
    }
    return 0;
  }
}
