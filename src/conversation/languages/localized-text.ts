import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { type CheckedLine, knownLocale, type Locale, text } from '#src/texts/texts.ts';

/** A sentence of the bot as people of that server read it. */
export function writtenText(
  { id, with: words }: CheckedLine,
  guildId: string,
  { places }: SessionDependencies,
): string {
  return text(id, words, places.localeIn(guildId));
}

/** A text as it is spoken to people of a language, or of the server: in English where the voice speaks nothing else. */
export function spokenText(
  { id, with: words }: CheckedLine,
  guildId: string,
  parts: SessionDependencies,
  /** BCP 47; one without texts counts as the server's. */
  language?: string,
): string {
  return text(id, words, spokenLocale(guildId, parts, language));
}

/** In which language `spokenText` gives a text. */
export function spokenLocale(
  guildId: string,
  { places, voices }: SessionDependencies,
  language?: string,
): Locale {
  return voices.isEnglishOnly ? 'en' : (knownLocale(language) ?? places.localeIn(guildId));
}
