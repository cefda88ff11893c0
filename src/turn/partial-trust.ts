import { sameWords } from './same-words.ts';

/** Comparisons looked back on. */
const kept = 10;
/** Least comparisons before the partials of a recogniser are trusted. */
const least = 3;
/** Least share of the recent comparisons that must have agreed. */
const trustedShare = 0.8;

/**
 * Whether what a streaming recogniser has understood when somebody pauses is what it will have understood in the end.
 *
 * Some lag by a word or two, and an answer begun on their partial text would be thrown away each time.
 */
export class PartialTrust {
  #agreed: readonly boolean[] = [];

  get isEarned(): boolean {
    const agreed = this.#agreed.filter(Boolean).length;
    return this.#agreed.length >= least && agreed >= trustedShare * this.#agreed.length;
  }

  compare(partial: string, final: string): void {
    this.#agreed = [...this.#agreed, sameWords(partial, final)].slice(-kept);
  }
}
