import { textLocales } from '#src/texts/locales.ts';
import { formatText, type PlainTextId } from '#src/texts/texts.ts';

/** Lists the label of a button in each language of the texts, or in that of a code (ISO 639-1). */
export function listLabels(id: PlainTextId, code?: string): readonly string[] {
  return textLocales
    .filter((locale) => code === undefined || locale.split('-', 1)[0] === code)
    .map((locale) => formatText(id, {}, locale));
}
