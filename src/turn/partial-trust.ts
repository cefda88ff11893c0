import { plainWords } from './same-words.ts';

/** Pauses looked back on. */
const kept = 10;
/** Least pauses before the partials of an unknown recogniser are trusted. */
const least = 3;
/** Least share of the counted pauses whose partial must have been complete. */
const trustedShare = 0.8;

/**
 * Whether the text of a streaming recogniser in a pause is already its final one.
 *
 * Some lag by a word or two, and an answer begun on their partial text would be thrown away each time. A recogniser that
 * is known to keep its words is trusted from the first pause on; one that takes a word back has to earn its trust anew.
 */
export class PartialTrust {
  #right: readonly boolean[];

  constructor(isKnownStable: boolean) {
    this.#right = isKnownStable ? Array.from({ length: kept }, () => true) : [];
  }

  get isTrusted(): boolean {
    const right = this.#right.filter(Boolean).length;
    return this.#right.length >= least && right >= trustedShare * this.#right.length;
  }

  compare(partial: string, final: string): void {
    const [early, said] = [plainWords(partial), plainWords(final)];
    const isKept = said === early || said.startsWith(`${early} `);
    this.#right = isKept ? [...this.#right, said === early].slice(-kept) : [];
  }
}
