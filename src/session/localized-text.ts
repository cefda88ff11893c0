import { type CheckedLine, knownLocale, type Locale, text } from '#src/texts/texts.ts';
import type { SessionDependencies } from './dependencies.ts';
import type { Places } from './ports/command-ports.ts';

/** What tells the language of a server. */
type Localizing = { readonly places: Pick<Places, 'localeIn'> };

/** A sentence of the bot as people of that server read it. */
export function writtenText(
  { id, with: words }: CheckedLine,
  guildId: string,
  { places }: Localizing,
): string {
  return text(id, words, places.localeIn(guildId));
}

/** A text as it is spoken to people of a language, or of the server: in English where the voice speaks nothing else. */
export function spokenText(
  { id, with: words }: CheckedLine,
  guildId: string,
  { places, spokenLocales }: Localizing & Pick<SessionDependencies, 'spokenLocales'>,
  /** BCP 47; one without texts counts as the server's. */
  language?: string,
): string {
  return text(id, words, spokenLocale(guildId, { places, spokenLocales }, language));
}

/** In which language `spokenText` gives a text. */
export function spokenLocale(
  guildId: string,
  { places, spokenLocales }: Localizing & Pick<SessionDependencies, 'spokenLocales'>,
  language?: string,
): Locale {
  const locale = knownLocale(language) ?? places.localeIn(guildId);
  return spokenLocales.includes(locale) ? locale : 'en';
}
