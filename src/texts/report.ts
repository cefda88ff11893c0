import { englishOnlyIds } from './english.ts';
import type { LocaleTag } from './locales.ts';
import { builtInTexts, englishHash, faultOf } from './tables.ts';

export type TextReport = {
  readonly texts: number;
  readonly missing: readonly string[];
  /** Texts made from an older English, or not marked. */
  readonly stale: readonly string[];
  /** Texts that cannot be shown, each with the reason. */
  readonly faulty: readonly string[];
};

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
 * Marks each unmarked text of a file of translations as made from the present English. Throws if the file is no JSON.
 */
export function markedTable(json: string, english: ReadonlyMap<string, string>): string {
  const entries = Object.entries(JSON.parse(json)).map(([id, entry]) => {
    const source = english.get(id);
    if (source === undefined || typeof entry !== 'string') return [id, entry] as const;
    return [id, { text: entry, english: englishHash(source) }] as const;
  });
  return `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`;
}
