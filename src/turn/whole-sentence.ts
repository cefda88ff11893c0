import { pause, tokensOf } from '#src/turn/overlap/interjections-text.ts';

/** Longest sentence that is looked at, in tokens: words, or letters of scripts without spaces. */
const mostTokens = 30;

/** Words of a text with single spaces between, as `phrasesIn` gives those of word data; none of a longer text. */
export function wordsOf(text: string): string {
  const tokens = tokensOf(text).filter((token) => token !== pause);
  return tokens.length > mostTokens ? '' : tokens.join(' ');
}

/** Whether a sentence consists of phrases, at least one of them wanted; the others stand beside it. `isFound`: one was before. */
export function consistsOf(
  words: string,
  wanted: readonly string[],
  beside: readonly string[],
  isFound = false,
): boolean {
  if (words === '') return isFound;
  const goesOnWith = (phrase: string, isWanted: boolean) =>
    phrase !== '' &&
    `${words} `.startsWith(`${phrase} `) &&
    consistsOf(words.slice(phrase.length + 1), wanted, beside, isFound || isWanted);
  const isWanted = wanted.some((one) => goesOnWith(one, true));
  return isWanted || beside.some((one) => goesOnWith(one, false));
}
