/** Size of the replay window of one source, in packets; later voice is of no use. A power of two. */
const windowSize = 2_048;
/** Small steps in a row that prove a counter which only goes up. */
const provenSteps = 50;

/**
 * The counters of one source that have been seen, each used once with a key; serial numbers of 32 bit (RFC 1982). They
 * stand at the end of its datagrams.
 */
export class ReplayWindow {
  readonly #seen = new Uint8Array(windowSize);
  #highest: number | undefined;
  #steps = 0;

  /** What is older than the window is a replay only where the counter is known to grow. */
  has(counter: number): boolean {
    if (this.#highest === undefined) return false;
    const behind = (this.#highest - counter) | 0;
    if (behind < 0) return false;
    return behind < windowSize ? this.#seen[counter % windowSize] === 1 : this.#isProven;
  }

  /** Marks a counter as seen: its datagram could be decrypted, so it is genuine. */
  add(counter: number): void {
    const ahead = this.#highest === undefined ? windowSize : (counter - this.#highest) | 0;
    if (ahead > 0 || ahead <= -windowSize) this.#advance(counter, ahead);
    this.#seen[counter % windowSize] = 1;
  }

  get #isProven(): boolean {
    return this.#steps >= provenSteps;
  }

  #advance(counter: number, ahead: number): void {
    const isStep = ahead > 0 && ahead < windowSize;
    this.#steps = isStep ? this.#steps + 1 : 0;
    if (!isStep) this.#seen.fill(0);
    for (let n = 0; isStep && n < ahead; n++) this.#seen[(counter - n) & (windowSize - 1)] = 0;
    this.#highest = counter;
  }
}
