import { englishLanguageName } from '#src/base/language-name.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { isVoiceAmong } from '#src/speech/voice-names.ts';
import type { GuildSettings } from './guild-settings.ts';
import type { Persona } from './persona.ts';

const unknownVoices: readonly string[] = [];

/**
 * Names of the voices that the bot may have, the same list until they change; none: not known. A model that speaks has voices of
 * its own, which cannot be listed.
 */
export function botVoices({ pipelines, voices }: SessionDependencies): readonly string[] {
  return pipelines.names.every((name) => name === 'chained') ? voices.known() : unknownVoices;
}

/** Settings of a server with the persona of a voice channel over them; a voice that is gone counts as not set. */
export function withPersona(
  settings: GuildSettings,
  persona: Persona,
  voices: readonly string[],
): GuildSettings {
  const { instructions = settings.instructions, name, voice } = persona;
  const { names } = settings;
  return {
    ...settings,
    persona,
    instructions,
    ...(voice !== undefined && isVoiceAmong(voice, voices) && { voice }),
    ...(name !== undefined && { names: [...new Set([...names, name])] }),
  };
}

/** Prompt about the language of a persona. */
export function mannerOf({ language }: Persona): string {
  return language === undefined ? '' : ` Always answer in ${englishLanguageName(language)}.`;
}
