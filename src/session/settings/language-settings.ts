import { languageTag } from '#src/texts/language-names.ts';
import { none } from './presence-settings.ts';

/** What a server says of the languages that are spoken there. */
export type LanguageSettings = {
  /** Language of people of whom none is known, BCP 47. */
  readonly language?: string | undefined;
  /** Languages that people speak there, BCP 47; no other one is detected. Empty: any. */
  readonly languages: readonly string[];
};

const maxLanguages = 20;

/** By its name in English or in itself, or its BCP 47 tag; undefined where it is no language. */
export function readLanguage(words: string): Pick<LanguageSettings, 'language'> | undefined {
  if (words.toLowerCase() === none) return { language: undefined };
  const language = languageTag(words);
  return language === undefined ? undefined : { language };
}

/** Several of them, with commas between. */
export function readLanguages(words: string): Pick<LanguageSettings, 'languages'> | undefined {
  if (words.toLowerCase() === none) return { languages: [] };
  const named = words.split(',');
  if (named.length > maxLanguages) return undefined;
  const tags = named.map(languageTag);
  const languages = tags.filter((tag) => tag !== undefined);
  return languages.length < tags.length ? undefined : { languages: [...new Set(languages)] };
}

export function shownLanguages({ languages }: Pick<LanguageSettings, 'languages'>): string {
  return languages.length > 0 ? languages.join(', ') : none;
}
