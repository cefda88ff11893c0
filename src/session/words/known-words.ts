import { type Pronounce, pronounceWith } from '#src/speech/pronunciation.ts';
import { wordsIn } from './stored-words.ts';

/** Words of a server, those added last first, and how they are said. */
type WordsOfServer = { readonly words: readonly string[]; readonly pronounce?: Pronounce };

/** Words in what servers have stored, read once for each change, as they are asked for with each utterance. */
export class KnownWords {
  readonly #known = new WeakMap<ReadonlyMap<string, string>, WordsOfServer>();

  of(set: ReadonlyMap<string, string>): WordsOfServer {
    const known = this.#known.get(set) ?? read(set);
    this.#known.set(set, known);
    return known;
  }
}

function read(set: ReadonlyMap<string, string>): WordsOfServer {
  const all = wordsIn(set);
  const said = all.flatMap(({ word, say }) => (say === undefined ? [] : [{ word, say }]));
  const pronounce = pronounceWith(said);
  return { words: all.map(({ word }) => word), ...(pronounce && { pronounce }) };
}
