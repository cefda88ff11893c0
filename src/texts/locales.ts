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

/** Returns the tag by which Discord names a language with texts. */
export function toDiscordLocale(locale: LocaleTag): (typeof discordLocales)[number] {
  if (locale === 'en') return 'en-US';
  return locale === 'es' ? 'es-ES' : locale;
}

/** Language with texts, as a BCP 47 tag. */
export type LocaleTag = (typeof textLocales)[number];
