import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as MessageFormat from 'intl-messageformat';
import { english } from './english.ts';
import type { LocaleTag } from './locales.ts';
import { maxMessageChars } from './plain.ts';
import type { TextValues } from './texts.ts';

const require = createRequire(import.meta.url);
/** A word that decides about others, `{n, plural, one {...} other {...}}`. */
const choosing = /\{\s*\w+\s*,/;

type Words = TextValues;

/** True for a text that has several forms. */
function isChoosing(pattern: string) {
  return choosing.test(pattern);
}

/** `pattern` with its words filled in; a word left out stays visible as `{x}`. Throws where the pattern is broken. */
export function filled(pattern: string, words: Words, locale: string): string {
  return isChoosing(pattern)
    ? chosen(pattern, words, locale)
    : pattern.replace(/\{(\w+)\}/g, (whole, name: string) => `${words[name] ?? whole}`);
}

/** Fills a pattern like `filled`, by the rules of ICU for any pattern. */
function chosen(pattern: string, words: Words, locale: string): string {
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
function wordsOf(pattern: string, locale: string): readonly string[] {
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
function longestChars(
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

/** One text of a language, and of others than English a hash of the English it was made of. */
export type Translation = { readonly text: string; readonly english?: string };

/** The texts of a language by id, as patterns whose words are not filled in. */
export function builtInTexts(locale: LocaleTag): ReadonlyMap<string, Translation> {
  if (locale === 'en') return translations(Object.entries(english));
  const folder = new URL(`./${locale}/`, import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return translations(
    files
      .toSorted()
      .flatMap((name) => Object.entries(JSON.parse(readFileSync(new URL(name, folder), 'utf8')))),
  );
}

/** Hash by which a text is compared with its English: 8 hex digits of a SHA-256. */
export function englishHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

function translations(
  entries: readonly (readonly [string, unknown])[],
): ReadonlyMap<string, Translation> {
  return new Map(entries.map(([id, entry]) => [id, translationOf(entry)]));
}

/** An entry is a text alone, or an object that knows more of it. */
function translationOf(entry: unknown): Translation {
  if (typeof entry === 'string') return { text: entry };
  const { text, english: hash }: Record<string, unknown> = { ...Object(entry) };
  if (typeof text !== 'string') throw new Error(`No text: ${JSON.stringify(entry)}`);
  return { text, english: typeof hash === 'string' ? hash : undefined };
}

/** Most characters Discord takes where texts of these ids stand, the words in them filled in. Source: Discord docs. */
const limits: readonly (readonly [RegExp, number])[] = [
  [/^command\./, 100],
  [/^button\./, 80],
  [/^form\./, 45],
  [/^settings\.(about|group)\./, 100],
  [/^menu\.|^ask\.about$/, 32],
];
/** English texts with the most characters of each word. */
const entries: ReadonlyMap<string, string | { text: string; with: Record<string, number> }> =
  new Map(Object.entries(english));

/** Most characters of a text, its words included. */
function limitOf(id: string): number {
  return limits.find(([ids]) => ids.test(id))?.[1] ?? maxMessageChars;
}

/** Fault of a text in a language, as the end of a sentence; undefined: it can be shown. */
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
    return `it is not a valid ICU message (${error instanceof Error ? error.message : error})`;
  }
  const chars = longestChars(pattern, words, locale);
  const limit = limitOf(id);
  return chars > limit ? `it may have ${chars} characters, and the limit is ${limit}` : undefined;
}
