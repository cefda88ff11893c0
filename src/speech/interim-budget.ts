/** Moment for a look before the end of an utterance: in any pause, or in one that is likely to be the end. */
export type InterimMoment = 'paused' | 'long-pause';

/** Most sound sent to a recogniser of whole utterances, by the length of its speech; a little more is free at the start. */
export const mostSentShare = 1.3;
const shares = { paused: 1.2, 'long-pause': mostSentShare };
const creditMs = 5_000;

/**
 * Budget of sound for looks at the unfinished utterances of one session by a recogniser of whole utterances, as a share
 * of speech: a look in a pause costs the utterance so far once more if its speaker continues. A third of the budget is
 * reserved for long pauses, so that frequent pauses of one speaker do not delay the words of all.
 */
export class InterimBudget {
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
  affords(ms: number, moment: InterimMoment): boolean {
    return this.#sentMs + 2 * ms <= shares[moment] * (this.#spokenMs + ms) + creditMs;
  }
}
