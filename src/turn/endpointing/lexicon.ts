import type { LanguageWords } from '#src/turn/languages/language-words.ts';
import { languages } from '#src/turn/languages/languages.ts';

/** The end-of-turn words of one language, compiled. */
export type Lexicon = {
  /** ISO 639-1 code; empty for a language without data. */
  readonly code: string;
  readonly scripts: readonly string[];
  readonly ownLetters: string;
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
/** Sounds that mean nothing in any of the languages; words like "dus" or "also" stay with theirs. */
const sounds = hesitations.filter((word) =>
  /^(?:[eua\u00e4\u00f6hm\u0440\u044d\u044b]{2,}|h+m+|e+h*m*|um+|uh+m*|\u55ef|\u5443)$/u.test(word),
);

const lexicons: ReadonlyMap<string, Lexicon> = new Map(
  languages.filter(({ endOfTurn }) => endOfTurn).map((words) => [words.code, lexiconOf(words)]),
);

/** Lexicon for scripts and languages without data: only the sounds are known. */
const unknown = lexiconOf({ code: '', scripts: [] });
const english = lexicons.get('en') ?? unknown;

function lexiconOf({
  code,
  scripts,
  ownLetters = '',
  endOfTurn,
  numbers,
}: Pick<LanguageWords, 'code' | 'scripts' | 'ownLetters' | 'endOfTurn' | 'numbers'>): Lexicon {
  const [openWords, numberWords] = [endOfTurn?.openWords ?? [], numbers?.words ?? []];
  return {
    code,
    scripts,
    ownLetters,
    openWords: new Set(openWords),
    fillers: new Set([...(endOfTurn?.fillers ?? []), ...sounds]),
    numbers: new Set(numberWords),
    subordinators: new Set(endOfTurn?.subordinators),
    openSuffixes: endOfTurn?.openSuffixes ?? [],
    closedSuffixes: endOfTurn?.closedSuffixes ?? [],
    known: new Set([...openWords, ...(endOfTurn?.frequentWords ?? []), ...numberWords]),
  };
}

/** Scripts that occur in texts of every language, so they decide only where no other script does. */
const commonScripts = ['Cyrillic', 'Latin'];

/** Lexicons by script, in the order of the list of languages, common scripts last. */
const byScript = scriptsOf([...lexicons.values()]).map((script) => ({
  pattern: new RegExp(`\\p{Script=${script}}`, 'u'),
  lexicons: [...lexicons.values()].filter(({ scripts }) => scripts.includes(script)),
}));

function scriptsOf(all: readonly Lexicon[]): string[] {
  const scripts = new Set(all.flatMap((lexicon) => lexicon.scripts));
  const rare = [...scripts].filter((script) => !commonScripts.includes(script));
  return [...rare, ...commonScripts];
}

/** Guesses by the recogniser's report, else by script, else by the number of frequent words of each language. */
export function guessLanguage(text: string, words: readonly string[], language?: string): Lexicon {
  const lexicon = language && lexicons.get(language.slice(0, 2).toLowerCase());
  if (lexicon) return lexicon;
  const found = byScript.find(({ pattern }) => pattern.test(text));
  if (!found) return /\p{L}/u.test(text) ? unknown : english;
  const own = found.lexicons.filter(({ ownLetters }) => hasAny(text, ownLetters));
  return nearest(words, own.length > 0 ? own : found.lexicons);
}

function hasAny(text: string, letters: string): boolean {
  return [...letters].some((letter) => text.includes(letter));
}

/** The first of them when none knows more of the words than it does. */
function nearest(words: readonly string[], candidates: readonly Lexicon[]): Lexicon {
  let best = unknown;
  let most = -1;
  for (const lexicon of candidates) {
    const hits = words.filter((word) => lexicon.known.has(word)).length;
    if (hits > most) [best, most] = [lexicon, hits];
  }
  return best;
}
