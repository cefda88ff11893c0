import type { PersonId } from '#src/base/ids.ts';
import type { Sources } from './owned.ts';

/** One read of kept words. */
export interface WordsReading {
  /** Returns the sources of a value that may hold words of people for whom `mayHold` is true. */
  toSources(mayHold: (personId: PersonId) => boolean): Sources;
}

/**
 * Remembers whose words in a server were erased, in order, so that nothing made from words read before leaves after. One
 * process serves a server, so its memory is enough: after a restart no answer waits.
 *
 * @example
 * import { toPersonId } from '#src/base/ids.ts';
 * import { ErasedWords } from '#src/people/erased-words.ts';
 *
 * const erasedWords = new ErasedWords();
 * const ana = toPersonId('1');
 * const sources = erasedWords.beginReading().toSources((id) => id === ana);
 * erasedWords.noteErasure(ana);
 * sources.areErased; // true
 */
export class ErasedWords {
  #count = 0;
  readonly #lastByPerson = new Map<PersonId, number>();

  /** Notes that words of this person up to now may not leave any more. */
  noteErasure(personId: PersonId): void {
    this.#lastByPerson.set(personId, ++this.#count);
  }

  /** Begins to read kept words. Call this before the read, so that an erasure during the read counts. */
  beginReading(): WordsReading {
    const sinceCount = this.#count;
    const lastByPerson = this.#lastByPerson;
    return {
      toSources: (mayHold) => ({
        get areErased() {
          return lastByPerson
            .entries()
            .some(([id, count]) => count > sinceCount && mayHold(id));
        },
      }),
    };
  }
}
