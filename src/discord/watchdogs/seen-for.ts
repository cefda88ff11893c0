/** How long a condition has been seen to hold, by looks; what passes while the process stands still counts as one look. */
export class SeenFor {
  readonly #longestLookMs: number;
  #ms = 0;
  #held = false;
  #lookedAtMs: number | undefined;

  constructor(longestLookMs: number) {
    this.#longestLookMs = longestLookMs;
  }

  /** Milliseconds since the first look at which it held. */
  look(holds: boolean, atMs: number): number {
    const passedMs = Math.min(this.#longestLookMs, atMs - (this.#lookedAtMs ?? atMs));
    this.#lookedAtMs = atMs;
    this.#ms = holds && this.#held ? this.#ms + passedMs : 0;
    this.#held = holds;
    return this.#ms;
  }
}
