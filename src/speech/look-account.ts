/** Most sound sent, by the length of the speech it is of; a little more is free at the start. */
const share = 1.3;
const creditMs = 5_000;

/**
 * Account of the sound of one session that went to a recogniser of whole utterances, of speech among people: a look in a
 * pause costs the utterance so far once more if its speaker goes on.
 */
export class LookAccount {
  #spokenMs = 0;
  #sentMs = 0;

  /** Reports an utterance that has ended: the length of its speech. */
  spoke(ms: number): void {
    this.#spokenMs += ms;
  }

  /** Reports sound that is sent. */
  sent(ms: number): void {
    this.#sentMs += ms;
  }

  /** Whether `ms` of an utterance may be sent now though its end will send them again. */
  affords(ms: number): boolean {
    return this.#sentMs + 2 * ms <= share * (this.#spokenMs + ms) + creditMs;
  }
}
