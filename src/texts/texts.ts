import type { english } from './english.ts';
import { discordLocales, type LocaleTag } from './locales.ts';
import type { Mentions } from './plain.ts';
import { type Corrections, filled, type TextTable, TextTables } from './tables.ts';

type English = typeof english;
export type TextId = keyof English;
export type Locale = LocaleTag;
export type TextValue = string | number | Mentions;
export type TextValues = Readonly<Record<string, TextValue>>;

/** Names of the words that a text is filled with. */
type WordOf<Id extends TextId> = English[Id] extends { readonly with: infer Words }
  ? keyof Words
  : never;
/** Texts without words to be filled in. */
export type PlainTextId = {
  [Id in TextId]: English[Id] extends string ? Id : never;
}[TextId];

/** One sentence people read, before it is put into a language; words called `Later` are not in it yet. */
export type TextLine<Later extends string = never> =
  | { readonly id: PlainTextId; readonly with?: TextValues }
  | {
      [Id in Exclude<TextId, PlainTextId>]: LineWith<Id, Exclude<WordOf<Id>, Later>>;
    }[Exclude<TextId, PlainTextId>];
type LineWith<Id extends TextId, Word extends PropertyKey> = [Word] extends [never]
  ? { readonly id: Id; readonly with?: TextValues }
  : { readonly id: Id; readonly with: Readonly<Record<Word, TextValue>> };

/** A line whose words are not checked any more: it is only put into a language. */
export type CheckedLine = { readonly id: TextId; readonly with?: TextValues };

/**
 * The only state of this folder: tables are read from disk when first used, and an operator's corrections are set once at
 * the start, so that a text can be rendered anywhere.
 */
const tables = new TextTables();

/** Sets the operator's texts, which replace ours. */
export function correctTexts(corrections: Corrections): void {
  tables.correct(corrections);
}

/** The table for a BCP 47 tag, say `de-AT`; English where there is none. */
export function localeOf(tag: unknown): Locale {
  return knownLocale(tag) ?? 'en';
}

/** The table for a BCP 47 tag; undefined where there is none. */
export function knownLocale(tag: unknown): Locale | undefined {
  return typeof tag === 'string' ? tables.closest(tag) : undefined;
}

/** True where texts of a language were translated by a machine and not read by a speaker of it. */
export function isMachineMade(locale: Locale): boolean {
  return tables.of(locale).isMachineMade;
}

/** All texts by every language of Discord that there are texts in, but English; only the caller keeps them. */
export function readTranslations(): ReadonlyMap<Locale, TextTable['texts']> {
  const byLocale = new Map(tables.locales.map((locale) => [locale, tables.read(locale).texts]));
  const all = new Map<Locale, TextTable['texts']>();
  for (const locale of discordLocales) {
    const texts = byLocale.get(localeOf(locale));
    if (texts && localeOf(locale) !== 'en') all.set(locale, texts);
  }
  return all;
}

/** A line with the words that it still lacked. */
export function lineWith<Later extends string>(
  { id, with: words }: TextLine<Later>,
  later: Readonly<Record<Later, string | number>>,
): TextLine {
  return { id, with: { ...words, ...later } } as TextLine; // its type says that only these were missing
}

/** The sentence `id` with its `{x}` filled from `words`; a word left out stays visible as `{x}`. */
export function text(id: TextId, words: TextValues = {}, locale: Locale = 'en'): string {
  return filled(tables.of(locale).texts.get(id) ?? id, words, locale);
}
