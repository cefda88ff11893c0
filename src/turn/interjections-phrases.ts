/**
 * What is said into somebody's speech in one language, phrases separated by commas, written as people write them.
 * A phrase counts only as a whole, or beside others and `around`.
 */
export type Phrases = {
  readonly stop: string;
  readonly wait: string;
  readonly goOn: string;
  /** "I am listening": no wish to speak. */
  readonly backchannel: string;
  readonly neverMind: string;
  readonly again?: string;
  readonly slower?: string;
  readonly louder?: string;
  readonly quieter?: string;
  /** Politeness and fillers, which change nothing: "please", "can you", "now". Never a word that negates. */
  readonly around: string;
  /** Words that refuse before a pause or twice, and negate otherwise: "no, para" but "no para". */
  readonly no?: string;
};

/** By ISO 639-1 code. */
export type PhraseTable = Readonly<Record<string, Phrases>>;
