import { isSameLanguage } from '#src/base/language/expected-language.ts';
import { textLocales } from '#src/texts/locales.ts';
import { formatText, type PlainTextId } from '#src/texts/texts.ts';

/** Lists the label of a button in each language of the texts, or in that of a code (ISO 639-1). */
export function listLabels(id: PlainTextId, code?: string): readonly string[] {
  return textLocales
    .filter((locale) => code === undefined || isSameLanguage(locale, code))
    .map((locale) => formatText(id, {}, locale));
}
