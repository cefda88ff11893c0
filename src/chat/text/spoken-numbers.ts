const small =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const tens = 'zero ten twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
/** Number words, as a weak recogniser writes them: `twenty five`. For whole numbers from 0 to 99. */
export function numberWords(value: number): string {
  if (value < 20) return small[value] ?? '';
  const rest = value % 10;
  return `${tens[Math.floor(value / 10)]}${rest === 0 ? '' : ` ${small[rest]}`}`;
}

const values = new Map<string, number>([
  ...small.map((word, value) => [word, value] as const),
  ...tens.slice(2).map((word, place) => [word, (place + 2) * 10] as const),
]);

/** The numbers of a word: `two` is 2, `twenty` is 20, and of `290` each digit; undefined for other words. */
export function numbersOf(word: string): readonly number[] | undefined {
  if (/^\d+$/.test(word)) return [...word].map(Number);
  const value = values.get(word);
  return value === undefined ? undefined : [value];
}
