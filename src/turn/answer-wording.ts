import { plainWords } from './same-words.ts';

/** Characters at the beginning of an answer in which a name is the addressee, not a mention. */
const earlyChars = 40;
/** Most names an answer begins with: more would be a roll-call. */
const mostNames = 3;

/** Longest request, in characters, that counts as a single wish. */
const longestRequestChars = 45;
/** Longest answer, in characters, that says no more than "done" in other words. */
const longestEchoChars = 60;

/** People whose names begin an answer: several people asked the same, or others have spoken since. */
export function namesToBegin<Asker>(
  askers: readonly Asker[],
  { humans, waited }: { readonly humans: number; readonly waited: boolean },
): readonly Asker[] {
  if (humans < 2 || (askers.length === 1 && !waited)) return [];
  return askers.slice(0, mostNames);
}

/** Whether an answer begins with all these names by itself. */
export function beginsWithNames(answer: string, names: readonly string[]): boolean {
  const start = ` ${plainWords(answer.slice(0, earlyChars))} `;
  return names.every((name) => start.includes(` ${plainWords(name)} `));
}

/** Whether an answer to a request that was carried out only says that it is done: that shows by itself. */
export function isDoneEcho(request: string, answerChars: number): boolean {
  return request.length <= longestRequestChars && answerChars <= longestEchoChars;
}
