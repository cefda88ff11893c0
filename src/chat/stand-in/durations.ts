import type { Wordings } from './wordings.ts';

/** A request whose length of time is taken out, with the length as an English phrase. */
export type TimedRequest = { readonly request: string; readonly when: string };

/** Stands in a wording for a length of time. */
export const timeSlot = '{time}';

/**
 * Takes the length of time out of a folded request. Undefined if there is none.
 *
 * @example
 * import { takeDuration } from '#src/chat/stand-in/durations.ts';
 * import { getWordings } from '#src/chat/stand-in/wordings.ts';
 *
 * takeDuration('timer auf zehn minuten', getWordings('de'))?.when; // 'in 600 seconds'
 */
export function takeDuration(
  request: string,
  wordings: Wordings,
): TimedRequest | undefined {
  if (!wordings.anyUnit.test(request)) return undefined;
  const [phrase] = request.match(wordings.durationPattern) ?? [];
  if (phrase === undefined) return undefined;
  const seconds = countSeconds(phrase, wordings);
  return {
    request: request.replace(phrase, timeSlot),
    when: `in ${seconds} seconds`,
  };
}

function countSeconds(phrase: string, { units, values }: Wordings) {
  const names = Object.keys(units).toSorted((a, b) => b.length - a.length);
  let rest = phrase;
  let seconds = 0;
  while (rest !== '') {
    const [amountWords = '', amount] = findAmount(rest, values);
    const afterAmount = rest.slice(amountWords.length).trimStart();
    const name = names.find((unit) => startsWithWord(afterAmount, unit));
    if (name === undefined) {
      rest = rest.slice(1); // A join such as "and".
      continue;
    }
    seconds += (amount ?? 1) * (units[name] ?? 0);
    rest = afterAmount.slice(name.length).trimStart();
  }
  return Math.round(seconds);
}

function findAmount(
  text: string,
  values: Wordings['values'],
): readonly [string, number | undefined] {
  const [digits] = /^\d+(?:\.\d+)?/.exec(text) ?? [];
  if (digits !== undefined) return [digits, Number(digits)];
  const words = [...values.keys()].filter((key) => startsWithWord(text, key));
  const [longest = ''] = words.toSorted((a, b) => b.length - a.length);
  return [longest, values.get(longest)];
}

function startsWithWord(text: string, word: string) {
  return (
    text.startsWith(word) && !/^[\p{Script=Latin}\p{N}]/u.test(text.slice(word.length))
  );
}
