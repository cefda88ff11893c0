import type { English } from './english.ts';
import { findClosestLocale, type LocaleTag } from './locales.ts';
import type { Mentions } from './plain-text.ts';
import { fillPattern, readTexts } from './text-tables.ts';

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

/** A sentence for people before it is translated. Placeholders named in `Later` are filled afterwards. */
export type TextLine<Later extends string = never> =
  | { readonly id: PlainTextId; readonly with?: TextValues }
  | {
      [Id in Exclude<TextId, PlainTextId>]: LineWith<Id, Exclude<WordOf<Id>, Later>>;
    }[Exclude<TextId, PlainTextId>];
type LineWith<Id extends TextId, Word extends PropertyKey> = [Word] extends [never]
  ? { readonly id: Id; readonly with?: TextValues }
  : { readonly id: Id; readonly with: Readonly<Record<Word, TextValue>> };

export type CheckedLine = { readonly id: TextId; readonly with?: TextValues };

/** A table is read when its language is first used. */
const tables = new Map<Locale, ReturnType<typeof readTexts>>();

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

export function toOptionalLines(isSo: boolean, line: TextLine): readonly TextLine[] {
  return isSo ? [line] : [];
}

/** Finds the texts' language. English for an unknown tag. */
export function toLocale(tag: unknown): Locale {
  return findLocale(tag) ?? 'en';
}

export function findLocale(tag: unknown): Locale | undefined {
  return typeof tag === 'string' ? findClosestLocale(tag) : undefined;
}

export function fillLine<Later extends string>(
  { id, with: words }: TextLine<Later>,
  later: Readonly<Record<Later, string | number>>,
): TextLine {
  return { id, with: { ...words, ...later } } as TextLine; // The type of the line says that only these were missing.
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
  words: TextValues = {},
  locale: Locale = 'en',
): string {
  const pattern = getTextTable(locale).get(id) ?? getTextTable('en').get(id);
  return fillPattern(pattern?.text ?? id, words, locale);
}
