import type { LanguageWords } from '#src/turn/languages/language-words.ts';
import { languages } from '#src/turn/languages/languages.ts';

/** The end-of-turn words of one language, compiled. */
export type Lexicon = {
  /** ISO 639-1 code; empty for a language without data. */
  readonly code: string;
  readonly openWords: ReadonlySet<string>;
  readonly fillers: ReadonlySet<string>;
  readonly numbers: ReadonlySet<string>;
  readonly subordinators: ReadonlySet<string>;
  readonly openSuffixes: readonly string[];
  readonly closedSuffixes: readonly string[];
  /** Words that distinguish the language from others of its script. */
  readonly known: ReadonlySet<string>;
};

const hesitations = languages.flatMap(({ endOfTurn }) => endOfTurn?.fillers ?? []);
/** Sounds that mean nothing in any of the languages; words like "also" stay with theirs. */
const sounds = hesitations.filter((word) =>
  /^(?:[eua\u00e4\u00f6hm]{2,}|h+m+|e+h*m*|um+|uh+m*)$/u.test(word),
);

const lexicons: ReadonlyMap<string, Lexicon> = new Map(
  languages.filter(({ endOfTurn }) => endOfTurn).map((words) => [words.code, lexiconOf(words)]),
);

/** Lexicon for languages without data: only the sounds are known. */
const unknown = lexiconOf({ code: '' });
const japanese = lexicons.get('ja') ?? unknown;
const inLatin = [...lexicons.values()].filter((lexicon) => lexicon !== japanese);

const kana = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;
const otherThanLatin = /[\p{L}--\p{Script=Latin}]/v;

function lexiconOf({
  code,
  endOfTurn,
  numbers,
}: Pick<LanguageWords, 'code' | 'endOfTurn' | 'numbers'>): Lexicon {
  const [openWords, numberWords] = [endOfTurn?.openWords ?? [], numbers?.words ?? []];
  return {
    code,
    openWords: new Set(openWords),
    fillers: new Set([...(endOfTurn?.fillers ?? []), ...sounds]),
    numbers: new Set(numberWords),
    subordinators: new Set(endOfTurn?.subordinators),
    openSuffixes: endOfTurn?.openSuffixes ?? [],
    closedSuffixes: endOfTurn?.closedSuffixes ?? [],
    known: new Set([...openWords, ...(endOfTurn?.frequentWords ?? []), ...numberWords]),
  };
}

/** Guesses by the recogniser's report, else by script, else by the number of frequent words of each language. */
export function guessLanguage(text: string, words: readonly string[], language?: string): Lexicon {
  if (language) return lexicons.get(language.slice(0, 2).toLowerCase()) ?? unknown;
  if (kana.test(text)) return japanese;
  return otherThanLatin.test(text) ? unknown : nearest(words);
}

/** The first of them when none knows more of the words than it does. */
function nearest(words: readonly string[]): Lexicon {
  let best = unknown;
  let most = -1;
  for (const lexicon of inLatin) {
    const hits = words.filter((word) => lexicon.known.has(word)).length;
    if (hits > most) [best, most] = [lexicon, hits];
  }
  return best;
}
