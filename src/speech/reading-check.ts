import { editDistance } from '#src/base/edit-distance.ts';

/** Accuracy of reading a text: its words, and the number of them that were changed, left out or added. */
export type ReadingAccuracy = { readonly words: number; readonly wrongWords: number };

/** Scripts without spaces between words count by character. */
const wordsIn =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]|[\p{L}\p{M}\p{N}]+/gu;
/**
 * Most words, apart from common beginnings and ends, that are compared one by one; more are compared by their number: the
 * comparison takes quadratic time.
 */
const mostWords = 400;

/** Compares the given text with the spoken one; case, marks and spaces are ignored. */
export function compareReading(wanted: string, said: string): ReadingAccuracy {
  const [asked, spoken] = [wordsOf(wanted), wordsOf(said)];
  const words = asked.length;
  const [missed, added] = withoutCommonEnds(asked, spoken);
  const most = Math.max(missed.length, added.length);
  if (most > mostWords) return { words, wrongWords: Math.abs(missed.length - added.length) };
  return { words, wrongWords: editDistance(missed, added) };
}

function withoutCommonEnds(
  one: readonly string[],
  other: readonly string[],
): readonly [readonly string[], readonly string[]] {
  const shorter = Math.min(one.length, other.length);
  let start = 0;
  while (start < shorter && one[start] === other[start]) start++;
  let end = 0;
  while (end < shorter - start && one.at(-1 - end) === other.at(-1 - end)) end++;
  return [one.slice(start, one.length - end), other.slice(start, other.length - end)];
}

function wordsOf(text: string): string[] {
  const plain = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/['\u2019]/g, '');
  return plain.match(wordsIn) ?? [];
}
