import { faultOf } from './corrections.ts';
import { englishOnlyIds } from './english.ts';
import type { LocaleTag } from './locales.ts';
import { builtInTexts, englishHash } from './tables.ts';

/** Ids of texts of one language that need a hand. */
export type TextReport = {
  readonly texts: number;
  readonly missing: readonly string[];
  /** Made of another English than there is now, or not marked. */
  readonly stale: readonly string[];
  readonly unreviewed: readonly string[];
  /** Texts that cannot be shown as they stand, too long for their place above all, with the reason. */
  readonly faulty: readonly string[];
};

/** Open work for a language. Throws where its files are no JSON. */
export function reportOn(locale: LocaleTag): TextReport {
  const [english, own] = [builtInTexts('en'), builtInTexts(locale)];
  const isEnglish = locale === 'en';
  const stale = [...own].filter(
    ([id, { by, english: hash }]) =>
      by === undefined || hash !== englishHash(english.get(id)?.text ?? ''),
  );
  const faulty = [...own].flatMap(([id, { text }]) => {
    const fault = faultOf(id, text, locale);
    return fault === undefined ? [] : [`${id}: ${fault}`];
  });
  return {
    texts: own.size,
    missing: [...english.keys()].filter((id) => !own.has(id) && !englishOnlyIds.has(id)),
    stale: isEnglish ? [] : stale.map(([id]) => id),
    unreviewed: isEnglish
      ? []
      : [...own].flatMap(([id, { by }]) => (by === 'reviewed' ? [] : [id])),
    faulty,
  };
}
