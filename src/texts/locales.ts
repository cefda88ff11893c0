export const textLocales = ['en', 'de', 'fr', 'es', 'pt-BR', 'pl', 'ja'] as const;

/** Languages that people set in Discord: https://docs.discord.com/developers/reference#locales */
export const discordLocales = [
  'id',
  'da',
  'de',
  'en-GB',
  'en-US',
  'es-ES',
  'es-419',
  'fr',
  'hr',
  'it',
  'lt',
  'hu',
  'nl',
  'no',
  'pl',
  'pt-BR',
  'ro',
  'fi',
  'sv-SE',
  'vi',
  'tr',
  'cs',
  'el',
  'bg',
  'ru',
  'uk',
  'hi',
  'th',
  'zh-CN',
  'ja',
  'zh-TW',
  'ko',
] as const;

export type LocaleTag = (typeof textLocales)[number];

/** Finds the texts for a BCP 47 tag: `pt-BR` for `pt`, `de` for `de-AT`. */
export function findClosestLocale(tag: string): LocaleTag | undefined {
  const isSameTag = (one: LocaleTag) => one.toLowerCase() === tag.toLowerCase();
  const language = getPrimaryLanguage(tag);
  return (
    textLocales.find(isSameTag) ??
    textLocales.find((one) => getPrimaryLanguage(one) === language)
  );
}

function getPrimaryLanguage(tag: string) {
  return tag.split('-', 1)[0]?.toLowerCase() ?? '';
}
