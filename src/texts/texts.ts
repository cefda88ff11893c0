import { english } from './english.ts';
import { german } from './german.ts';

export type TextId = keyof typeof english;
export type Locale = 'en' | 'de';
export type TextValues = Readonly<Record<string, string | number>>;
/** One sentence people read, before it is put into a language. */
export type TextLine = { readonly id: TextId; readonly with?: TextValues };

const tables: Readonly<Record<Locale, Readonly<Record<TextId, string>>>> = {
  en: english,
  de: german,
};

/** All ids, for a walk through the table. */
export const textIds = Object.keys(english) as readonly TextId[];
export const locales = Object.keys(tables) as readonly Locale[];

/** The table for a BCP 47 tag, say `de-AT`; English where there is none. */
export function localeOf(tag: unknown): Locale {
  const [language = ''] = typeof tag === 'string' ? tag.toLowerCase().split('-') : [];
  return locales.find((locale) => locale === language) ?? 'en';
}

/** The sentence `id` with its `{x}` filled from `words`; a word left out stays visible as `{x}`. */
export function text(id: TextId, words: TextValues = {}, locale: Locale = 'en'): string {
  return tables[locale][id].replace(/\{(\w+)\}/g, (whole, key: string) => `${words[key] ?? whole}`);
}
