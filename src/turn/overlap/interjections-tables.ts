import everywhere from '#src/turn/languages/everywhere.json' with { type: 'json' };
import type { LanguageWords, OverlapPhrases } from '#src/turn/languages/language-words.ts';
import { languages } from '#src/turn/languages/languages.ts';
import { pause, tokensOfEach } from './interjections-text.ts';

export type PhraseRole = Exclude<keyof OverlapPhrases, 'refusals'>;

/** Where a phrase has two roles in one language, the first counts. */
const roles: readonly PhraseRole[] = [
  'stop',
  'neverMind',
  'wait',
  'goOn',
  'backchannel',
  'fillers',
];

/** The phrases of one language by their tokens with spaces between. */
export type PhraseTable = {
  readonly isWidespread: boolean;
  readonly roles: ReadonlyMap<string, PhraseRole>;
  /** Words that change nothing only before a pause. */
  readonly refusals: ReadonlySet<string>;
  /** Longest phrase, in tokens. */
  readonly longest: number;
  /** All phrases in order, to find those that begin alike. */
  readonly sorted: readonly string[];
};

/** Phrases that belong to no language, or to all. */
const commonWords: OverlapPhrases = everywhere.overlap;
const common = new Map(roles.map((role) => [role, phrasesIn(commonWords[role])]));

export const tables: readonly PhraseTable[] = languages.map(phraseTableOf);

/** A phrase of any language, so no misspelt name. */
export function isPhrase(token: string): boolean {
  return tables.some(({ roles: known }) => known.has(token));
}

/** Whether a phrase of the language begins so, in the middle of a word too. */
export function beginsAny({ sorted }: PhraseTable, start: string): boolean {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((sorted[middle] ?? '') < start) from = middle + 1;
    else to = middle;
  }
  return sorted[from]?.startsWith(start) ?? false;
}

function phraseTableOf({ isWidespread, overlap }: LanguageWords): PhraseTable {
  const found = new Map<string, PhraseRole>();
  for (const role of roles) {
    const all = [...phrasesIn(overlap[role]), ...(common.get(role) ?? [])];
    for (const phrase of all) if (!found.has(phrase)) found.set(phrase, role);
  }
  const refusals = phrasesIn(overlap.refusals);
  for (const phrase of doubled(refusals)) if (!found.has(phrase)) found.set(phrase, 'fillers');
  const lengths = [...found.keys()].map((phrase) => phrase.split(' ').length);
  return {
    isWidespread,
    roles: found,
    refusals: new Set(refusals),
    longest: Math.max(...lengths),
    sorted: [...found.keys()].sort(),
  };
}

function doubled(words: readonly string[]): string[] {
  return words.flatMap((word) => [`${word} ${word}`, `${word} ${word} ${word}`]);
}

/** Phrases as `PhraseTable` holds them. */
export function phrasesIn(list: readonly string[] = []): string[] {
  return tokensOfEach(list).map((found) => found.filter((token) => token !== pause).join(' '));
}
