import type { LocaleTag } from './locales.ts';
import { readTexts } from './texts.ts';

/** Reads the texts of the browser page in a language by id, English where one is missing. */
export function readPageTexts(locale: LocaleTag): Readonly<Record<string, string>> {
  const entries = [...readTexts('en'), ...readTexts(locale)];
  const pageEntries = entries.filter(([id]) => id.startsWith('page.'));
  return Object.fromEntries(pageEntries.map(([id, { text }]) => [id, text]));
}
