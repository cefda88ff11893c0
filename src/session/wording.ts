import { type Line, text } from '#src/texts/texts.ts';
import type { SessionParts } from './parts.ts';

/** A sentence of the bot as people of that server read it. */
export function inWriting(
  { id, with: words }: Line,
  guildId: string,
  { places }: Pick<SessionParts, 'places'>,
): string {
  return text(id, words, places.localeIn(guildId));
}

/** The same as it is spoken there: in English where its voice speaks nothing else. */
export function aloud(
  { id, with: words }: Line,
  guildId: string,
  { places, spokenLocales }: Pick<SessionParts, 'places' | 'spokenLocales'>,
): string {
  const locale = places.localeIn(guildId);
  return text(id, words, spokenLocales.includes(locale) ? locale : 'en');
}
