import type { Places } from '#src/ports/command-ports.ts';
import type { VoiceNames } from '#src/speech/voice-names.ts';
import { type CheckedLine, knownLocale, type Locale, text } from '#src/texts/texts.ts';

/** Language that people of each server read. */
type ReaderLanguages = { readonly places: Pick<Places, 'localeIn'> };
/** The same, and whether the voice speaks it. */
type ListenerLanguages = ReaderLanguages & {
  readonly voices: Pick<VoiceNames, 'isEnglishOnly'>;
};

/** A sentence of the bot as people of that server read it. */
export function writtenText(
  { id, with: words }: CheckedLine,
  guildId: string,
  { places }: ReaderLanguages,
): string {
  return text(id, words, places.localeIn(guildId));
}

/** A text as it is spoken to people of a language, or of the server: in English where the voice speaks nothing else. */
export function spokenText(
  { id, with: words }: CheckedLine,
  guildId: string,
  parts: ListenerLanguages,
  /** BCP 47; one without texts counts as the server's. */
  language?: string,
): string {
  return text(id, words, spokenLocale(guildId, parts, language));
}

/** In which language `spokenText` gives a text. */
export function spokenLocale(
  guildId: string,
  { places, voices }: ListenerLanguages,
  language?: string,
): Locale {
  return voices.isEnglishOnly ? 'en' : (knownLocale(language) ?? places.localeIn(guildId));
}
