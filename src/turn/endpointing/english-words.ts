import en from '#src/turn/languages/en.json' with { type: 'json' };
import type { WordClasses } from '#src/turn/languages/language-words.ts';

const classes: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(en.wordClasses).map(([name, words]) => [name, new Set(words)]),
);

/** Whether an English word is of a class; frequent words only, lower case. */
export function isOneOf(wordClass: keyof WordClasses, word: string | undefined): boolean {
  return word !== undefined && (classes.get(wordClass)?.has(word) ?? false);
}
