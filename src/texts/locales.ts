/** Languages that there is a folder of texts for, beside this file. */
export const builtInLocales = ['en', 'de', 'fr', 'es', 'pt-BR', 'pl', 'ja'] as const;

/** Languages people set in Discord. Source: Discord docs, "Locales". */
export const discordLocales = [
  ...(['id', 'da', 'de', 'en-GB', 'en-US', 'es-ES', 'es-419', 'fr', 'hr', 'it', 'lt'] as const),
  ...(['hu', 'nl', 'no', 'pl', 'pt-BR', 'ro', 'fi', 'sv-SE', 'vi', 'tr', 'cs', 'el'] as const),
  ...(['bg', 'ru', 'uk', 'hi', 'th', 'zh-CN', 'ja', 'zh-TW', 'ko'] as const),
] as const;

/** Language of a table of texts, as a BCP 47 tag. */
export type LocaleTag = (typeof builtInLocales)[number];

/** The one for a BCP 47 tag: the same, else the same language in any place, `pt-BR` for `pt`. */
export function closestLocale(tag: string): LocaleTag | undefined {
  const same = (one: LocaleTag) => one.toLowerCase() === tag.toLowerCase();
  const language = languageOf(tag);
  return builtInLocales.find(same) ?? builtInLocales.find((one) => languageOf(one) === language);
}

/** `de` of `de-AT`. */
function languageOf(tag: string): string {
  return tag.split('-', 1)[0]?.toLowerCase() ?? '';
}
