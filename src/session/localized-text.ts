import { type TextLine, text } from '#src/texts/texts.ts';
import type { SessionDependencies } from './dependencies.ts';

/** A sentence of the bot as people of that server read it. */
export function writtenText(
  { id, with: words }: TextLine,
  guildId: string,
  { places }: Pick<SessionDependencies, 'places'>,
): string {
  return text(id, words, places.localeIn(guildId));
}

/** A text as it is spoken in a server: in English where its voice speaks nothing else. */
export function spokenText(
  { id, with: words }: TextLine,
  guildId: string,
  { places, spokenLocales }: Pick<SessionDependencies, 'places' | 'spokenLocales'>,
): string {
  const locale = places.localeIn(guildId);
  return text(id, words, spokenLocales.includes(locale) ? locale : 'en');
}
