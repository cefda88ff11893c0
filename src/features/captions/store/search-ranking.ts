import { wordsOf } from './search-tokeniser.ts';

/** Words of a question that are looked at; further ones are left out. */
const mostWords = 24;
/**
 * Lines with a word, and with all words together, above which it ranks nothing: in SQLite counting 8,000 takes 0.7 ms and
 * ranking 12,000 about 8 ms, while bm25 over a million lines takes 160 ms. Measured 2026-11-21.
 */
export const mostOfWord = 8_000;
const mostRanked = 12_000;
/** Part of the best line's score below which a line only shares small words with what is searched for. */
const scoreFloor = 0.25;

/** A word as the index holds it, and how many lines have it. */
export type Term = { readonly term: string; readonly count: number };

/** Words of a search as typed, each once. */
export function searchedWords(words: string): readonly string[] {
  return [...new Set(wordsOf(words))].slice(0, mostWords);
}

/** Words that rank lines, and those that are in too many of them; `terms` are the rarest first. */
export function splitTerms(terms: readonly Term[]): {
  readonly rare: readonly Term[];
  readonly frequent: readonly Term[];
} {
  const rare: Term[] = [];
  let sum = 0;
  for (const one of terms) {
    sum += one.count;
    if (one.count > mostOfWord || sum > mostRanked) break;
    rare.push(one);
  }
  return { rare, frequent: terms.slice(rare.length) };
}

/** Score that a word in `count` of `lines` adds to a line, as in BM25. */
export function weightOf(count: number, lines: number): number {
  return Math.log(1 + (Math.max(lines, count) - count + 0.5) / (count + 0.5));
}

/** Whether a line of that score is told beside the best one; undefined: there is none yet. */
export function countsBeside(score: number, best: number | undefined): boolean {
  return score >= (best ?? 0) * scoreFloor;
}
