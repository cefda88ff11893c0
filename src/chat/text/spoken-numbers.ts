const small =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const tens = 'zero ten twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const irregularOrdinals: Readonly<Record<string, string>> = {
  one: 'first',
  two: 'second',
  three: 'third',
  five: 'fifth',
  eight: 'eighth',
  nine: 'ninth',
  twelve: 'twelfth',
};

/** Number words, as a weak recogniser writes them: `twenty five`. For whole numbers from 0 to 999 999. */
export function numberWords(value: number): string {
  if (value < 20) return small[value] ?? '';
  if (value < 100) return joined(tens[Math.floor(value / 10)] ?? '', value % 10);
  if (value < 1000) return joined(`${numberWords(Math.floor(value / 100))} hundred`, value % 100);
  return joined(`${numberWords(Math.floor(value / 1000))} thousand`, value % 1000);
}

function joined(head: string, rest: number): string {
  return rest === 0 ? head : `${head} ${numberWords(rest)}`;
}

/** `twenty fifth`. */
export function ordinalWords(value: number): string {
  const words = numberWords(value).split(' ');
  const last = words.pop() ?? '';
  return [...words, irregularOrdinals[last] ?? `${last.replace(/y$/, 'ie')}th`].join(' ');
}

const values = new Map<string, number>([
  ...small.map((word, value) => [word, value] as const),
  ...tens.slice(2).map((word, place) => [word, (place + 2) * 10] as const),
]);

/** Spellings of a recogniser for a spoken digit. */
const soundsLike = new Map<string, number>([
  ...(['oh', 'o'] as const).map((word) => [word, 0] as const),
  ['won', 1],
  ['to', 2],
  ['too', 2],
  ['free', 3],
  ['tree', 3],
  ['for', 4],
  ['fore', 4],
  ['ate', 8],
  ['nein', 9],
]);

/** The numbers of a word: `two` is 2, `twenty` is 20, and of `290` each digit; undefined for other words. */
export function numbersOf(word: string): readonly number[] | undefined {
  if (/^\d+$/.test(word)) return [...word].map(Number);
  const value = values.get(word);
  return value === undefined ? undefined : [value];
}

/** The digit that `word` may be when it stands among digits. */
export function digitLike(word: string): number | undefined {
  return soundsLike.get(word);
}
