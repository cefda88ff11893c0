import { readFileSync } from 'node:fs';
import { readPageTexts } from '#src/texts/page-texts.ts';
import { findLocale, type Locale } from '#src/texts/texts.ts';

const template = readFileSync(
  new URL('../../../page/index.html', import.meta.url),
  'utf8',
);

/** Documents by language, made when one is first asked for. */
const documents = new Map<Locale, string>();

/**
 * Returns the document of the page in the first language of an `Accept-Language` header that has texts. Its script may choose
 * another one, which this browser keeps.
 */
export function getPageDocument(acceptLanguage: string | undefined): string {
  const tags = acceptLanguage?.split(',').map((tag) => tag.split(';', 1)[0]?.trim());
  const locale = tags?.map(findLocale).find((each) => each !== undefined) ?? 'en';
  const document = documents.get(locale) ?? fillTemplate(locale);
  documents.set(locale, document);
  return document;
}

function fillTemplate(locale: Locale) {
  const texts: Readonly<Record<string, string>> = readPageTexts(locale);
  return template
    .replace('<html lang="en">', `<html lang="${locale}">`)
    .replace(/\{([a-z.]+)\}/g, (whole, id: string) => texts[id] ?? whole);
}
