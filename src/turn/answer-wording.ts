import { plainWords } from './same-words.ts';

/** Characters at the beginning of an answer in which a name is the addressee, not a mention. */
const earlyChars = 40;

/** Whether an answer begins with all these names by itself. */
export function beginsWithNames(answer: string, names: readonly string[]): boolean {
  const start = ` ${plainWords(answer.slice(0, earlyChars))} `;
  return names.every((name) => start.includes(` ${plainWords(name)} `));
}
