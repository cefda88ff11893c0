/** Largest share of a session's tokens that may be wasted on preemptive answers that were not heard. */
const longestShare = 0.15;
/** Least tokens of which the share is taken: at the beginning one false start is no habit. */
const graceTokens = 4_000;

/** Budget of preemptive answers in one channel: tokens of answers that were wanted, and of those that were not. */
export class PreemptiveBudget {
  #used = 0;
  #vain = 0;

  /** Whether an answer may be prepared before it is known to be wanted. */
  get allows(): boolean {
    return this.#vain <= longestShare * Math.max(graceTokens, this.#used + this.#vain);
  }

  use(tokens: number): void {
    this.#used += tokens;
  }

  lose(tokens: number): void {
    this.#vain += tokens;
  }
}
