import { createRequire } from 'node:module';
import type * as MessageFormat from 'intl-messageformat';
import type { TextValues } from './texts.ts';

const require = createRequire(import.meta.url);
/** A word that decides about others, `{n, plural, one {...} other {...}}`. */
const choosing = /\{\s*\w+\s*,/;

type Words = TextValues;

/** True for a text that has several forms. */
export function isChoosing(pattern: string): boolean {
  return choosing.test(pattern);
}

/** `pattern` with its words filled in; a word left out stays visible as `{x}`. Throws where the pattern is broken. */
export function filled(pattern: string, words: Words, locale: string): string {
  return isChoosing(pattern)
    ? chosen(pattern, words, locale)
    : pattern.replace(/\{(\w+)\}/g, (whole, name: string) => `${words[name] ?? whole}`);
}

/** Fills a pattern like `filled`, by the rules of ICU for any pattern. */
export function chosen(pattern: string, words: Words, locale: string): string {
  // Loaded when the first such text is shown, as it takes megabytes with the rules of a language.
  const { IntlMessageFormat } = require('intl-messageformat') as typeof MessageFormat;
  const message = new IntlMessageFormat(pattern, locale, undefined, { ignoreTag: true });
  const all = new Proxy(words, {
    has: () => true,
    get: (given, name) => (typeof name === 'string' ? (given[name] ?? `{${name}}`) : undefined),
  });
  return `${message.format(all)}`;
}

/** Numbers of which every language has one in each of its plural forms. */
const samples = [0, 1, 2, 3, 5, 11, 21, 100, 1_000_000, 1.5];

/** Names of all words of a pattern, in all its forms, in the order of the alphabet. Throws as `chosen`. */
export function wordsOf(pattern: string, locale: string): readonly string[] {
  const names = new Set<string>();
  for (const sample of samples) {
    const record = new Proxy<Words>(
      {},
      {
        get(_, name) {
          if (typeof name === 'string') names.add(name);
          return sample;
        },
      },
    );
    chosen(pattern, record, locale);
  }
  return [...names].toSorted();
}

/** Most characters of a pattern, in any form, where each word has as many as `mostChars` says. */
export function longestChars(
  pattern: string,
  mostChars: Readonly<Record<string, number>>,
  locale: string,
): number {
  const parts = pattern.replace(/\s/g, '');
  const lengths = samples.map((sample) => {
    const words = Object.entries(mostChars).map(([name, chars]) => {
      const isNumber = parts.includes(`{${name},`);
      return [name, isNumber ? `${sample}`.padStart(chars, '0') : 'x'.repeat(chars)];
    });
    return filled(pattern, Object.fromEntries(words), locale).length;
  });
  return Math.max(...lengths);
}
