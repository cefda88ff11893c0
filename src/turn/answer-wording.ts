import { plainWords } from './same-words.ts';

/** Characters at the beginning of an answer in which a name is the addressee, not a mention. */
const earlyChars = 40;

/** Longest request, in characters, that counts as a single wish. */
const longestRequestChars = 45;
/** Longest answer, in characters, that says no more than "done" in other words. */
const longestEchoChars = 60;

/** Whether an answer begins with all these names by itself. */
export function beginsWithNames(answer: string, names: readonly string[]): boolean {
  const start = ` ${plainWords(answer.slice(0, earlyChars))} `;
  return names.every((name) => start.includes(` ${plainWords(name)} `));
}

/** Whether an answer to a request that was carried out only says that it is done: that shows by itself. */
export function isDoneEcho(request: string, answerChars: number): boolean {
  return request.length <= longestRequestChars && answerChars <= longestEchoChars;
}
