import { ClauseSplitter } from './clauses.ts';
import { speakable } from './speakable.ts';

/** Speakable clauses of a text; empty where there are none. */
export function clausesOf(words: string): readonly string[] {
  const splitter = new ClauseSplitter();
  return [...splitter.push(words), ...splitter.flush()]
    .map((clause) => speakable(clause))
    .filter((clause) => clause !== '');
}
