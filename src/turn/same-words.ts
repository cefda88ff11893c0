/** Spelling, case and punctuation apart. */
export function sameWords(one: string, other: string): boolean {
  return plainWords(one) === plainWords(other);
}

/** Words in lower case, with single spaces and without all other characters. */
export function plainWords(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim();
}

/** Characters at the beginning of an answer in which a name is the addressee, not a mention. */
const earlyChars = 40;

/** Whether an answer begins with all these names by itself. */
export function beginsWithNames(answer: string, names: readonly string[]): boolean {
  const start = ` ${plainWords(answer.slice(0, earlyChars))} `;
  return names.every((name) => start.includes(` ${plainWords(name)} `));
}

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
