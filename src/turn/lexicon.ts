import type { Tongue } from './tongue.ts';
import { tongues } from './tongues.ts';

/** The words of one language, ready to be asked. */
export type Lexicon = {
  /** ISO 639-1. */
  readonly code: string;
  readonly open: ReadonlySet<string>;
  readonly fillers: ReadonlySet<string>;
  readonly numbers: ReadonlySet<string>;
  readonly subordinators: ReadonlySet<string>;
  readonly openEndings: readonly string[];
  readonly closedEndings: readonly string[];
  readonly known: ReadonlySet<string>;
};

const list = (words: string | undefined): string[] => words?.split(/\s+/).filter(Boolean) ?? [];

const hesitations = Object.values(tongues).flatMap(({ fillers }) => list(fillers));
/** Sounds that mean nothing in any of the languages; words like "dus" or "also" stay with theirs. */
const sounds = hesitations.filter((word) =>
  /^(?:[euaäöhmрэы]{2,}|h+m+|e+h*m*|um+|uh+m*|嗯|呃)$/u.test(word),
);

const lexicons: ReadonlyMap<string, Lexicon> = new Map(
  Object.entries(tongues).map(([code, tongue]) => [code, lexiconOf(code, tongue)]),
);

const english = lexiconOf('en', tongues.en ?? noTongue());
/** For scripts and languages nobody listed: nothing known but the sounds. */
const unknown = lexiconOf('', noTongue());

function noTongue(): Tongue {
  return { open: '', fillers: '', numbers: '', marks: '' };
}

function lexiconOf(code: string, tongue: Tongue): Lexicon {
  const [open, marks, numbers] = [list(tongue.open), list(tongue.marks), list(tongue.numbers)];
  return {
    code,
    open: new Set(open),
    fillers: new Set([...list(tongue.fillers), ...sounds]),
    numbers: new Set(numbers),
    subordinators: new Set(list(tongue.subordinators)),
    openEndings: list(tongue.openEndings),
    closedEndings: list(tongue.closedEndings),
    known: new Set([...open, ...marks, ...numbers]),
  };
}

const scripts: readonly (readonly [RegExp, string])[] = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/u, 'ja'],
  [/\p{Script=Han}/u, 'zh'],
  [/\p{Script=Hangul}/u, 'ko'],
  [/\p{Script=Arabic}/u, 'ar'],
  [/\p{Script=Devanagari}/u, 'hi'],
  [/\p{Script=Thai}/u, 'th'],
];

/** By what the recogniser said, else by script, else by which language's frequent words are met most. */
export function guessTongue(text: string, words: readonly string[], language?: string): Lexicon {
  const told = language && lexicons.get(language.slice(0, 2).toLowerCase());
  if (told) return told;
  const [, code] = scripts.find(([script]) => script.test(text)) ?? [];
  if (code) return lexicons.get(code) ?? unknown;
  if (/\p{Script=Cyrillic}/u.test(text)) {
    return nearest(words, /[іїєґ]/u.test(text) ? ['uk'] : ['ru', 'uk']);
  }
  if (/\p{Script=Latin}/u.test(text)) return nearest(words, latin);
  return /\p{L}/u.test(text) ? unknown : english;
}

const latin = ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'sv', 'pl', 'tr', 'id'];

/** The first of them when none knows more of the words than it does. */
function nearest(words: readonly string[], codes: readonly string[]): Lexicon {
  let best = unknown;
  let most = -1;
  for (const code of codes) {
    const lexicon = lexicons.get(code) ?? unknown;
    const hits = words.filter((word) => lexicon.known.has(word)).length;
    if (hits > most) [best, most] = [lexicon, hits];
  }
  return best;
}
