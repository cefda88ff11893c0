/** Scripts without spaces between words, and how many characters stand for a word. */
const unspacedScripts = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
const thai = /\p{Script=Thai}/u;
const [charactersPerHanWord, charactersPerThaiWord] = [2, 4];

const longestSuffix = 8;
/** Longer texts are judged by their last words, and by the first two. */
const maxWords = 40;
/** Word counts from which a text counts as longer. */
const lengthSteps = [2, 3, 4, 5, 6, 8, 10, 13, 17, 25];

/**
 * Lists the features by which a text without punctuation is judged: its last words and letters, its first words and its length. Words are in
 * lower case.
 *
 * @example
 * import { listEndingFeatures } from '#src/turn/endpointing/ending-features.ts';
 *
 * listEndingFeatures(['what', 'time']).includes('b what time'); // true
 */
export function listEndingFeatures(spokenWords: readonly string[]): string[] {
  const words = spokenWords
    .slice(-maxWords)
    .map((word) => word.replace(/\p{N}+/gu, '0'));
  const [firstWord = '', secondWord = ''] = spokenWords;
  const [third = '^', second = '^', last = ''] = ['^', '^', ...words].slice(-3);
  const length = lengthSteps.filter((step) => countWords(words) >= step).length;
  return [
    `l ${length}`,
    `u ${last}`,
    `b ${second} ${last}`,
    `t ${third} ${second} ${last}`,
    `s ${second}`,
    `w ${third} ${second}`,
    `x ${length} ${last}`,
    `f ${firstWord} ${length}`,
    `g ${firstWord} ${secondWord} ${length}`,
    `h ${firstWord} ${last}`,
    `i ${firstWord} ${secondWord} ${last}`,
    `m ${second.slice(-3)} ${last.slice(-3)}`,
    ...listSuffixes(`^ ${words.slice(-4).join(' ')}`),
    ...new Set(words.slice(0, -1).map((word) => `c ${word}`)),
  ];
}

function listSuffixes(text: string) {
  const characters = [...text].slice(-longestSuffix);
  return characters.map((_, n) => `e ${characters.slice(n).join('')}`);
}

function countWords(words: readonly string[]) {
  const text = words.join('');
  if (thai.test(text)) return Math.round(text.length / charactersPerThaiWord);
  if (unspacedScripts.test(text)) return Math.round(text.length / charactersPerHanWord);
  return words.length;
}

/** Hashes a feature to 32 bits (FNV-1a, mixed at the end). */
export function hashFeature(feature: string): number {
  let hash = 0x81_1c_9d_c5;
  for (let n = 0; n < feature.length; n++)
    hash = Math.imul(hash ^ feature.charCodeAt(n), 0x01_00_01_93);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c_1b_3c_6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
