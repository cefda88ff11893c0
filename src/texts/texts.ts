import type { English } from './english.ts';
import { closestLocale, type LocaleTag } from './locales.ts';
import type { Mentions } from './plain.ts';
import { builtInTexts, filled } from './tables.ts';

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
 * The only state of this folder, so that a text can be rendered anywhere: tables, read from disk when a language is first used, as
 * an unused one costs no memory.
 */
const tables = new Map<Locale, ReturnType<typeof builtInTexts>>();

function tableOf(locale: Locale) {
  const table = tables.get(locale) ?? builtInTexts(locale);
  tables.set(locale, table);
  return table;
}

/** The line where that is so, as a part of a list of lines. */
export function lineIf(isSo: boolean, line: TextLine): readonly TextLine[] {
  return isSo ? [line] : [];
}

/** The table for a BCP 47 tag, say `de-AT`; English where there is none. */
export function localeOf(tag: unknown): Locale {
  return knownLocale(tag) ?? 'en';
}

/** The table for a BCP 47 tag; undefined where there is none. */
export function knownLocale(tag: unknown): Locale | undefined {
  return typeof tag === 'string' ? closestLocale(tag) : undefined;
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
  const pattern = tableOf(locale).get(id) ?? tableOf('en').get(id);
  return filled(pattern?.text ?? id, words, locale);
}
