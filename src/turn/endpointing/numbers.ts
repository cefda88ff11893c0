import type { NumberWords } from '#src/turn/languages/language-words.ts';
import { languages } from '#src/turn/languages/languages.ts';

/** Digits of the longest numbers that people dictate. */
const longestDictated = 12;

/** "My number is", "der Code". */
const namesNumber = new RegExp(
  `^(?:${wordsFor('nouns').join('|').replaceAll('*', '\\p{L}*')})$`,
  'u',
);

/** "At six", "um acht", "root of two", "two plus two": a time of day, an amount, or the end of a sum. */
const settling = new Set(wordsFor('prepositions'));

const tens = new Set(wordsFor('tens'));
const units = new Set(wordsFor('units'));

/** Logit below 0 while numbers are being dictated, or one waits for its noun; else 0. */
export function dictationLogit(words: readonly string[], numbers: ReadonlySet<string>): number {
  const run = trailing(words, numbers);
  if (run.words === 0) return 0;
  if (run.digits >= longestDictated) return -0.3;
  const isOne = run.words === 1 || (run.words === 2 && isCompound(words.slice(-2)));
  if (run.words >= 3 || run.digits >= 3) return -1.9;
  if (words.some((word) => namesNumber.test(word))) return -1.8;
  if (run.words === words.length) return isOne ? -0.4 : -1.9;
  if (!isOne) return -1.2;
  return isSettled(words, words.length - run.words, numbers) ? 0 : -0.6;
}

/** The number at this place completes the sentence: "at six", "from one to six", "between one and six", "this one". */
function isSettled(words: readonly string[], at: number, numbers: ReadonlySet<string>): boolean {
  if (settling.has(words[at - 1] ?? '') || numbers.has(words[at - 2] ?? '')) return true;
  return words[at] === 'one' && words.length > 2;
}

/** "Forty two" is one number. */
function isCompound([ten = '', unit = '']: readonly string[]): boolean {
  return tens.has(ten) && units.has(unit);
}

/** Number of number words, and least number of digits, at the end. */
function trailing(
  words: readonly string[],
  numbers: ReadonlySet<string>,
): { words: number; digits: number } {
  let count = 0;
  let digits = 0;
  for (const word of words.toReversed()) {
    const figures = isFigures(word) ? word.replace(/\D/gu, '').length : 0;
    const parts = word.split('-');
    if (figures === 0 && !parts.every((part) => numbers.has(part))) break;
    count += 1;
    digits += figures || 1;
  }
  return { words: count, digits };
}

/** Digits of any script, also grouped: "12-34", "3.5". A clock time or a year is left alone. */
function isFigures(word: string): boolean {
  return /^\p{N}+(?:[.,-]\p{N}+)*$/u.test(word) && !/^(19|20)\d\d$/.test(word);
}

/** The words of one kind in all languages. */
function wordsFor(kind: keyof NumberWords): string[] {
  return languages.flatMap(({ numbers }) => numbers?.[kind] ?? []);
}
