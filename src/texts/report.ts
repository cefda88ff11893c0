import { englishOnlyIds } from './english.ts';
import type { LocaleTag } from './locales.ts';
import { builtInTexts, englishHash, faultOf } from './tables.ts';

/** Ids of texts of one language that need a hand. */
export type TextReport = {
  readonly texts: number;
  readonly missing: readonly string[];
  /** Made of another English than there is now, or not marked. */
  readonly stale: readonly string[];
  /** Texts that cannot be shown as they stand, too long for their place above all, with the reason. */
  readonly faulty: readonly string[];
};

/** Open work for a language. Throws where its files are no JSON. */
export function reportOn(locale: LocaleTag): TextReport {
  const [english, own] = [builtInTexts('en'), builtInTexts(locale)];
  const isEnglish = locale === 'en';
  const stale = [...own].filter(
    ([id, { english: hash }]) => hash !== englishHash(english.get(id)?.text ?? ''),
  );
  const faulty = [...own].flatMap(([id, { text }]) => {
    const fault = faultOf(id, text, locale);
    return fault === undefined ? [] : [`${id}: ${fault}`];
  });
  return {
    texts: own.size,
    missing: [...english.keys()].filter((id) => !own.has(id) && !englishOnlyIds.has(id)),
    stale: isEnglish ? [] : stale.map(([id]) => id),
    faulty,
  };
}

/**
 * A file of translations, as JSON, in which each text that carries no mark yet is marked as made of the present English. Texts
 * without English stay as they are. Throws where it is no JSON.
 */
export function markedTable(json: string, english: ReadonlyMap<string, string>): string {
  const entries = Object.entries<unknown>(JSON.parse(json)).map(([id, entry]) => {
    const source = english.get(id);
    if (source === undefined || typeof entry !== 'string') return [id, entry] as const;
    return [id, { text: entry, english: englishHash(source) }] as const;
  });
  return `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`;
}
