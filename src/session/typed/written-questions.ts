import type { TextLine } from '#src/texts/texts.ts';

/** Answers in writing that are made at once, for one person and in one server. */
const [mostOfPerson, mostInServer] = [1, 4];

type QuestionPlace = { readonly guildId: string; readonly personId: string };

/** The questions that are being answered in writing. What comes above the limits is refused, nothing waits. */
export class WrittenQuestions {
  readonly #places = new Set<QuestionPlace>();

  /** A place to be left when the answer is there, or why there is none. */
  enter(guildId: string, personId: string): Disposable | { readonly line: TextLine } {
    const all = [...this.#places];
    if (all.filter((one) => one.personId === personId).length >= mostOfPerson)
      return { line: { id: 'ask.writing' } };
    if (all.filter((one) => one.guildId === guildId).length >= mostInServer)
      return { line: { id: 'ask.writing.server', with: { n: mostInServer } } };
    const place = { guildId, personId };
    this.#places.add(place);
    return { [Symbol.dispose]: () => void this.#places.delete(place) };
  }
}
