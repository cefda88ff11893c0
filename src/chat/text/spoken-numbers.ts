const smallNumbers =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const tensWords =
  'zero ten twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
/** Whole numbers from 0 to 99, as `twenty five`. */
export function formatNumberWords(value: number): string {
  if (value < 20) return smallNumbers[value] ?? '';
  const rest = value % 10;
  return `${tensWords[Math.floor(value / 10)]}${rest === 0 ? '' : ` ${smallNumbers[rest]}`}`;
}
