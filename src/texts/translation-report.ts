import { englishOnlyIds } from './english.ts';
import type { LocaleTag } from './locales.ts';
import { findTextFault, hashEnglish, readTexts } from './texts.ts';

export type TranslationReport = {
  readonly texts: number;
  readonly missing: readonly string[];
  /** Texts made from an older English, or not marked. */
  readonly stale: readonly string[];
  readonly faulty: readonly string[];
};

/** Compares the texts of a language with the English ones. */
export function reportTranslations(locale: LocaleTag): TranslationReport {
  const [english, translations] = [readTexts('en'), readTexts(locale)];
  const isEnglish = locale === 'en';
  const stale = [...translations].filter(
    ([id, { english: hash }]) => hash !== hashEnglish(english.get(id)?.text ?? ''),
  );
  const faulty = [...translations].flatMap(([id, { text }]) => {
    const fault = findTextFault(id, text, locale);
    return fault === undefined ? [] : [`${id}: ${fault}`];
  });
  return {
    texts: translations.size,
    missing: [...english.keys()].filter(
      (id) => !translations.has(id) && !englishOnlyIds.has(id),
    ),
    stale: isEnglish ? [] : stale.map(([id]) => id),
    faulty,
  };
}

/** Marks translations as made from the present English. Throws if the file is no JSON. */
export function markTranslatedTexts(
  json: string,
  english: ReadonlyMap<string, string>,
): string {
  const entries = Object.entries(JSON.parse(json)).map(([id, entry]) => {
    const englishText = english.get(id);
    if (englishText === undefined || typeof entry !== 'string')
      return [id, entry] as const;
    return [id, { text: entry, english: hashEnglish(englishText) }] as const;
  });
  return `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`;
}
