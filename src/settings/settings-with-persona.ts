import { englishLanguageName } from '#src/base/language-name.ts';
import type { GuildSettings } from './guild-settings.ts';
import type { Persona } from './persona.ts';
import type { SettingParts } from './setting-definition.ts';

const unknownVoices: readonly string[] = [];

/**
 * Names of the voices that the bot may have, the same list until they change; none: not known. A model that speaks has voices of
 * its own, which cannot be listed.
 */
export function botVoices({ pipelines, voices }: SettingParts): readonly string[] {
  return pipelines.names.every((name) => name === 'chained') ? voices.known() : unknownVoices;
}

/** Settings of a server with the persona of a voice channel over them. */
export function withPersona(settings: GuildSettings, persona: Persona): GuildSettings {
  const { instructions = settings.instructions, name, voice = settings.voice } = persona;
  const { names } = settings;
  return {
    ...settings,
    persona,
    instructions,
    voice,
    ...(name !== undefined && { names: [...new Set([...names, name])] }),
  };
}

/** Prompt about the language of a persona. */
export function mannerOf({ language }: Persona): string {
  return language === undefined ? '' : ` Always answer in ${englishLanguageName(language)}.`;
}
