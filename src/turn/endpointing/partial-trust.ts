import { toPlainWords } from '#src/turn/addressing/names.ts';

const keptPauses = 10;
const minPausesToTrust = 3;
const minTrustedShare = 0.8;

/**
 * Decides whether the text of a streaming recogniser in a pause is final.
 *
 * Some recognisers lag by a word or two, and an answer to their partials would be thrown away. A recogniser known to
 * keep its words is trusted at once. One that takes a word back has to earn trust anew.
 */
export class PartialTrust {
  #right: readonly boolean[];

  constructor(isKnownStable: boolean) {
    this.#right = isKnownStable ? Array.from({ length: keptPauses }, () => true) : [];
  }

  get isTrusted(): boolean {
    const right = this.#right.filter(Boolean).length;
    return (
      this.#right.length >= minPausesToTrust &&
      right >= minTrustedShare * this.#right.length
    );
  }

  compare(partial: string, final: string) {
    const [early, said] = [toPlainWords(partial), toPlainWords(final)];
    const isKept = said === early || said.startsWith(`${early} `);
    this.#right = isKept ? [...this.#right, said === early].slice(-keptPauses) : [];
  }
}
