import { ClauseSplitter, findSureEnd } from '#src/chat/text/clause-splitter.ts';

const wordSegmenter = new Intl.Segmenter('en', { granularity: 'word' });

/**
 * Cuts the words of one utterance into clauses while they are recognised. Each word is given once, also where the
 * recogniser corrects it later, since people have heard its translation by then.
 *
 * @example
 * import { UtteranceClauses } from '#src/features/interpreting/utterance-clauses.ts';
 *
 * const clauses = new UtteranceClauses();
 * clauses.addPause('Good morning. We begin at'); // ['Good morning.']
 * clauses.end('Good morning. We begin at eight'); // ['We begin at eight']
 */
export class UtteranceClauses {
  #givenWords = 0;
  #formerClauses: readonly string[] = [];

  /** Takes all words so far, and returns the clauses that two calls in a row have found alike. */
  addPartial(text: string): readonly string[] {
    const clauses = splitText(this.#skipGivenWords(text), false);
    const firstNew = clauses.findIndex(
      (clause, n) => clause !== this.#formerClauses[n],
    );
    const stable = firstNew < 0 ? clauses : clauses.slice(0, firstNew);
    this.#formerClauses = clauses.slice(stable.length);
    return this.#giveClauses(stable);
  }

  /** Takes all words up to a pause, and returns the whole clauses. The words after them may go on. */
  addPause(text: string): readonly string[] {
    const rest = this.#skipGivenWords(text);
    return this.#giveClauses(splitText(rest, findSureEnd(rest) !== undefined));
  }

  /** Takes all words of the ended utterance, and returns those that were not given before. */
  end(text: string): readonly string[] {
    return this.#giveClauses(splitText(this.#skipGivenWords(text), true));
  }

  #giveClauses(clauses: readonly string[]) {
    for (const clause of clauses) this.#givenWords += listWordEnds(clause).length;
    return clauses.filter((clause) => listWordEnds(clause).length > 0);
  }

  #skipGivenWords(text: string) {
    if (this.#givenWords === 0) return text;
    const end = listWordEnds(text)[this.#givenWords - 1] ?? text.length;
    return text.slice(end).replace(/^[\s\p{P}]+/u, '');
  }
}

function listWordEnds(text: string): readonly number[] {
  return [...wordSegmenter.segment(text)].flatMap(({ index, isWordLike, segment }) =>
    isWordLike ? index + segment.length : [],
  );
}

function splitText(text: string, isEnded: boolean) {
  const splitter = new ClauseSplitter();
  const clauses = splitter.push(text);
  return isEnded ? [...clauses, ...splitter.flush()] : clauses;
}
