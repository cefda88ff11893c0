import { englishLanguageName } from '#src/base/language-name.ts';
import type { ReplyStyle } from '#src/pipeline/pipeline.ts';
import type { SpokenManner } from '#src/ports/command-ports.ts';
import type { SpeechVoice } from '#src/speech/ports.ts';
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

/** A reply style as whoever asked wants this answer spoken; `named` is the voice of that name. */
export function styleIn(
  style: ReplyStyle,
  manner: SpokenManner | undefined,
  named: SpeechVoice = manner?.voice === undefined ? {} : { name: manner.voice },
): ReplyStyle {
  if (!manner) return style;
  const { model, tone, voice } = manner;
  const { onGone, ...usual } = style.voice;
  const spoken = {
    ...usual,
    ...(voice === undefined ? onGone && { onGone } : named),
    ...(model !== undefined && { model }),
    ...(tone !== undefined && { instructions: tone }),
  };
  return { ...style, voice: spoken };
}
