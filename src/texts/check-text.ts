import { english } from './english.ts';
import { chosen, isChoosing, longestChars, wordsOf } from './message.ts';
import { maxMessageChars } from './plain.ts';

/** Most characters Discord takes where texts of these ids stand, the words in them filled in. Source: Discord docs. */
const limits: readonly (readonly [RegExp, number])[] = [
  [/^command\./, 100],
  [/^button\./, 80],
  [/^form\./, 45],
  [/^menu\.|^ask\.about$/, 32],
];
/** English texts with the most characters of each word. */
const entries: ReadonlyMap<string, string | { text: string; with: Record<string, number> }> =
  new Map(Object.entries(english));

/** Most characters of a text, its words included. */
export function limitOf(id: string): number {
  return limits.find(([ids]) => ids.test(id))?.[1] ?? maxMessageChars;
}

/** What is wrong with a text in a language, as the end of a sentence; undefined: it can be shown. */
export function faultOf(id: string, pattern: string, locale: string): string | undefined {
  const entry = entries.get(id);
  if (entry === undefined) return 'there is no such text';
  const words = typeof entry === 'string' ? {} : entry.with;
  try {
    const wanted = Object.keys(words).toSorted().join(', ');
    const found = wordsOf(pattern, locale).join(', ');
    if (found !== wanted) return `its words are ${found || 'none'} in place of ${wanted || 'none'}`;
    const isPlain = isChoosing(pattern) || chosen(pattern, {}, locale) === pattern;
    if (!isPlain) return 'an apostrophe before a brace, or two of them, is read as a quote';
  } catch (error) {
    return `it is no ICU message (${error instanceof Error ? error.message : error})`;
  }
  const chars = longestChars(pattern, words, locale);
  const limit = limitOf(id);
  return chars > limit ? `it may have ${chars} characters, and ${limit} are taken` : undefined;
}
