const small =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const tens = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const spellings: Readonly<Record<string, string>> = { mister: 'mr', okay: 'ok' };

/**
 * Lists the words of a text so that two spellings of the same speech are equal: small letters without marks, each digit a word of its
 * own (`25`, `twenty five` and `2 5` are the same).
 */
export function normaliseWords(text: string): readonly string[] {
  const words = text
    .toLowerCase()
    .replace(/['’]/g, '')
    .match(/\d|[\p{L}\p{M}]+/gu);
  return [...(words ?? [])].flatMap((word, n, texts) => toDigits(word, texts[n + 1]));
}

function toDigits(word: string, nextWord = '') {
  const ten = tens.indexOf(word);
  const value = small.indexOf(word);
  if (value >= 0) return [...String(value)];
  if (ten < 0) return [spellings[word] ?? word];
  const unit = small.indexOf(nextWord);
  return unit > 0 && unit < 10 ? [String(ten + 2)] : [String(ten + 2), '0'];
}

/** Lists the letters of a text in a script without spaces, where words cannot be counted. */
export function normaliseLetters(text: string): readonly string[] {
  return [...text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')];
}
