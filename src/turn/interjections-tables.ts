import { easternAsian } from './interjections-asian-eastern.ts';
import { southeasternAsian } from './interjections-asian-southeastern.ts';
import { southernAsian } from './interjections-asian-southern.ts';
import { westernAsian } from './interjections-asian-western.ts';
import { otherEuropean } from './interjections-european.ts';
import { everywhere } from './interjections-everywhere.ts';
import { germanic } from './interjections-germanic.ts';
import type { Phrases, PhraseTable } from './interjections-phrases.ts';
import { romance } from './interjections-romance.ts';
import { serbian } from './interjections-serbian.ts';
import { easternSlavic } from './interjections-slavic-eastern.ts';
import { westernSlavic } from './interjections-slavic-western.ts';
import { pause, tokensIn } from './interjections-text.ts';

export type Role = Exclude<keyof Phrases, 'no'>;

/** Where a phrase has two roles in one language, the first counts. */
const roles: readonly Role[] = [
  'stop',
  'neverMind',
  'again',
  'slower',
  'louder',
  'quieter',
  'wait',
  'goOn',
  'backchannel',
  'around',
];

/** The phrases of one language by their tokens with spaces between. */
export type Book = {
  /** ISO 639-1. */
  readonly code: string;
  readonly roles: ReadonlyMap<string, Role>;
  /** Words that change nothing only before a pause. */
  readonly refusals: ReadonlySet<string>;
  /** In tokens. */
  readonly longest: number;
  /** All phrases in order, to find those that begin alike. */
  readonly sorted: readonly string[];
};

export const phraseTable: PhraseTable = {
  ...germanic,
  ...romance,
  ...westernSlavic,
  ...serbian,
  ...easternSlavic,
  ...otherEuropean,
  ...westernAsian,
  ...southernAsian,
  ...easternAsian,
  ...southeasternAsian,
};

export const books: readonly Book[] = Object.entries(phraseTable).map(bookOf);

/** A phrase of any language, so no misspelt name. */
export function isPhrase(token: string): boolean {
  return books.some(({ roles: known }) => known.has(token));
}

/** Whether a phrase of the language begins so, in the middle of a word too. */
export function beginsAny({ sorted }: Book, start: string): boolean {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((sorted[middle] ?? '') < start) from = middle + 1;
    else to = middle;
  }
  return sorted[from]?.startsWith(start) ?? false;
}

function bookOf([code, phrases]: readonly [string, Phrases]): Book {
  const found = new Map<string, Role>();
  for (const role of roles) {
    const all = [...phrasesIn(phrases[role]), ...phrasesIn(everywhere[role])];
    for (const phrase of all) if (!found.has(phrase)) found.set(phrase, role);
  }
  for (const phrase of doubled(phrases)) if (!found.has(phrase)) found.set(phrase, 'around');
  const lengths = [...found.keys()].map((phrase) => phrase.split(' ').length);
  return {
    code,
    roles: found,
    refusals: new Set(phrasesIn(phrases.no)),
    longest: Math.max(...lengths),
    sorted: [...found.keys()].sort(),
  };
}

function doubled({ no }: Phrases): string[] {
  return phrasesIn(no).flatMap((word) => [`${word} ${word}`, `${word} ${word} ${word}`]);
}

/** Phrases as `Book` holds them. */
export function phrasesIn(list = ''): string[] {
  const phrases: string[] = [];
  let words: string[] = [];
  for (const token of [...tokensIn(list), pause]) {
    if (token !== pause) words.push(token);
    else if (words.length > 0) {
      phrases.push(words.join(' '));
      words = [];
    }
  }
  return phrases;
}
