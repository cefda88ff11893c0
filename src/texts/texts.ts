import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as MessageFormat from 'intl-messageformat';
import { isSameLanguage } from '#src/base/language/expected-language.ts';
import type { English } from './english.ts';
import { type LocaleTag, textLocales } from './locales.ts';
import { type Mentions, maxMessageChars } from './plain-text.ts';

export type TextId = keyof English;
export type Locale = LocaleTag;
export type TextValue = string | number | Mentions;
export type TextValues = Readonly<Record<string, TextValue>>;

type WordOf<Id extends TextId> = English[Id] extends { readonly with: infer Words }
  ? keyof Words
  : never;
export type PlainTextId = {
  [Id in TextId]: English[Id] extends string ? Id : never;
}[TextId];

type NameAfter<
  Prefix extends string,
  Id = TextId,
> = Id extends `${Prefix}.${infer Name}` ? Name : never;
/** Name of an option of a command: `option.NAME` is the text with which Discord shows it. */
export type OptionName = NameAfter<'option'>;
/** Value of a choice: `choice.VALUE` is the text with which Discord shows it. */
export type ChoiceValue = NameAfter<'choice'>;

/** Texts around words of people, or of a model that was shown some. */
type WordsTextId =
  | 'ask.answer'
  | 'find.line'
  | 'memory.about.ask'
  | 'memory.ask'
  | 'memory.ask.forget'
  | 'reminder.ask'
  | 'reminder.ask.message'
  | 'reminder.ask.private'
  | 'reminder.due.message'
  | 'reminder.due.text'
  | 'reminder.untold.away'
  | 'reminder.untold.refused'
  | 'tool.external.ask'
  | 'tool.external.spoken'
  | 'tool.post.ask'
  | 'tool.spoken.ask';

type LineOf<Ids extends TextId, Later extends string> = {
  [Id in Ids]: LineWith<Id, Exclude<WordOf<Id>, Later>>;
}[Ids];

/**
 * A sentence of the bot before it is translated. Placeholders named in `Later` are filled afterwards. Sentences around words
 * of people are `WordsLine`s, which leave as `Owned` values only.
 */
export type TextLine<Later extends string = never> =
  | { readonly id: PlainTextId; readonly with?: TextValues }
  | LineOf<Exclude<TextId, PlainTextId | WordsTextId>, Later>;

/** A sentence around words of people. Its door takes it as an `Owned` value. */
export type WordsLine<Later extends string = never> = LineOf<WordsTextId, Later>;

/** A sentence with or without words of people. */
export type AnyLine<Later extends string = never> = TextLine<Later> | WordsLine<Later>;
type LineWith<Id extends TextId, Word extends PropertyKey> = [Word] extends [never]
  ? { readonly id: Id; readonly with?: TextValues }
  : { readonly id: Id; readonly with: Readonly<Record<Word, TextValue>> };

export type CheckedLine = { readonly id: TextId; readonly with?: TextValues };

/** A table is read when its language is first used. */
const tables = new Map<Locale, ReadonlyMap<string, Translation>>();

function getTextTable(locale: Locale) {
  const table = tables.get(locale) ?? readTexts(locale);
  tables.set(locale, table);
  return table;
}

/** Lists texts without words to fill in. */
export function* listFixedTexts(locale: Locale): Generator<string> {
  for (const { text: pattern } of getTextTable(locale).values())
    if (!pattern.includes('{')) yield pattern;
}

/** Returns the line in a list, or an empty list. */
export function toOptionalLines(
  isShown: boolean,
  textLine: TextLine,
): readonly TextLine[] {
  return isShown ? [textLine] : [];
}

/** Returns the locale of the texts for a BCP 47 tag, English for an unknown one. */
export function toLocale(tag: unknown): Locale {
  return findLocale(tag) ?? 'en';
}

/** Finds the texts for a BCP 47 tag: `pt-BR` for `pt`, `de` for `de-AT`. */
export function findLocale(tag: unknown): Locale | undefined {
  if (typeof tag !== 'string') return undefined;
  const isSameTag = (locale: Locale) => locale.toLowerCase() === tag.toLowerCase();
  return (
    textLocales.find(isSameTag) ??
    textLocales.find((locale) => isSameLanguage(locale, tag))
  );
}

/** Fills placeholders that a line left open. */
export function fillLine<Later extends string>(
  { id, with: values }: AnyLine<Later>,
  later: Readonly<Record<Later, string | number>>,
): AnyLine {
  return { id, with: { ...values, ...later } } as AnyLine; // The type of the line says that only these were missing.
}

/**
 * Returns the sentence `id` in a language. A missing word stays visible as `{x}`.
 *
 * @example
 * import { formatText } from '#src/texts/texts.ts';
 *
 * formatText('command.leave', {}, 'en').length > 0; // true
 */
export function formatText(
  id: TextId,
  values: TextValues = {},
  locale: Locale = 'en',
): string {
  const pattern = getTextTable(locale).get(id) ?? getTextTable('en').get(id);
  return fillPattern(pattern?.text ?? id, values, locale);
}

const require = createRequire(import.meta.url);
/** An argument with several forms, such as `{n, plural, one {...} other {...}}`. */
const icuArgument = /\{\s*\w+\s*,/;

/**
 * Fills a pattern. A missing word stays visible as `{x}`. Throws for a broken pattern.
 */
function fillPattern(pattern: string, values: TextValues, locale: string): string {
  return icuArgument.test(pattern)
    ? formatIcuPattern(pattern, values, locale)
    : pattern.replace(
        /\{(\w+)\}/g,
        (whole, name: string) => `${values[name] ?? whole}`,
      );
}

/** Fills a pattern by the rules of ICU: https://unicode-org.github.io/icu/userguide/format_parse/messages/ */
function formatIcuPattern(pattern: string, values: TextValues, locale: string) {
  // The library takes megabytes, so it is loaded for the first text that needs it.
  const { IntlMessageFormat } = require('intl-messageformat') as typeof MessageFormat;
  const message = new IntlMessageFormat(pattern, locale, undefined, {
    ignoreTag: true,
  });
  const filledValues = new Proxy(values, {
    has: () => true,
    get: (target, name) =>
      typeof name === 'string' ? (target[name] ?? `{${name}}`) : undefined,
  });
  return `${message.format(filledValues)}`;
}

/** These numbers reach every plural form of every language. */
const pluralSamples = [0, 1, 2, 3, 5, 11, 21, 100, 1_000_000, 1.5];

function listPlaceholders(pattern: string, locale: string) {
  const names = new Set<string>();
  for (const sample of pluralSamples) {
    const record = new Proxy<TextValues>(
      {},
      {
        get(_, name) {
          if (typeof name === 'string') names.add(name);
          return sample;
        },
      },
    );
    formatIcuPattern(pattern, record, locale);
  }
  return [...names].toSorted();
}

/** Measures the longest text of a pattern. `maxCharsByWord` bounds each word. */
function measureLongestText(
  pattern: string,
  maxCharsByWord: Readonly<Record<string, number>>,
  locale: string,
) {
  const compactPattern = pattern.replace(/\s/g, '');
  const lengths = pluralSamples.map((sample) => {
    const samples = Object.entries(maxCharsByWord).map(([name, chars]) => {
      const isNumber = compactPattern.includes(`{${name},`);
      return [name, isNumber ? `${sample}`.padStart(chars, '0') : 'x'.repeat(chars)];
    });
    return fillPattern(pattern, Object.fromEntries(samples), locale).length;
  });
  return Math.max(...lengths);
}

/** `english` is a hash of the English text that the translation was made from. */
export type Translation = { readonly text: string; readonly english?: string };

/** Reads the texts of a language from its files, by id. Throws for a broken file. */
export function readTexts(locale: LocaleTag): ReadonlyMap<string, Translation> {
  return new Map(readEntries(locale).map(([id, entry]) => [id, toTranslation(entry)]));
}

function readEntries(locale: LocaleTag) {
  const folder = new URL(`./${locale}/`, import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files
    .toSorted()
    .flatMap((name) =>
      Object.entries(JSON.parse(readFileSync(new URL(name, folder), 'utf8'))),
    );
}

/** Hashes an English text, to tell whether a translation is of its present form. */
export function hashEnglish(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

function toTranslation(entry: unknown) {
  if (typeof entry === 'string') return { text: entry };
  const { text, english: hash }: Record<string, unknown> = { ...Object(entry) };
  if (typeof text !== 'string') throw new Error(`No text: ${JSON.stringify(entry)}`);
  return { text, english: typeof hash === 'string' ? hash : undefined };
}

/**
 * Limits of Discord for the places where these texts stand:
 * https://docs.discord.com/developers/interactions/application-commands
 */
const maxCharsByTextId: readonly (readonly [RegExp, number])[] = [
  [/^command\./, 100],
  [/^button\./, 80],
  [/^form\./, 45],
  [/^settings\.(about|group)\./, 100],
  [/^menu\.|^ask\.about$/, 32],
];
const englishEntries = new Map(readEntries('en')) as ReadonlyMap<
  string,
  string | { readonly text: string; readonly with: Readonly<Record<string, number>> }
>;

function getMaxChars(id: string) {
  return maxCharsByTextId.find(([ids]) => ids.test(id))?.[1] ?? maxMessageChars;
}

/** Describes a fault of a text as the end of a sentence. Undefined for a good text. */
export function findTextFault(
  id: string,
  pattern: string,
  locale: string,
): string | undefined {
  const entry = englishEntries.get(id);
  if (entry === undefined) return 'there is no such text';
  const maxCharsByName = typeof entry === 'string' ? {} : entry.with;
  try {
    const expectedNames = Object.keys(maxCharsByName).toSorted().join(', ');
    const names = listPlaceholders(pattern, locale).join(', ');
    if (names !== expectedNames)
      return `its words are ${names || 'none'} in place of ${expectedNames || 'none'}`;
    const isPlain =
      icuArgument.test(pattern) || formatIcuPattern(pattern, {}, locale) === pattern;
    if (!isPlain)
      return 'an apostrophe before a brace, or two of them, is read as a quote';
  } catch (error) {
    return `it is not a valid ICU message (${error instanceof Error ? error.message : error})`;
  }
  const chars = measureLongestText(pattern, maxCharsByName, locale);
  const limit = getMaxChars(id);
  return chars > limit
    ? `it may have ${chars} characters, and the limit is ${limit}`
    : undefined;
}
