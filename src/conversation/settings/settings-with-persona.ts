import { englishLanguageName } from '#src/base/language-name.ts';
import type { WantedPipeline } from '#src/conversation/engines/current-pipeline.ts';
import type { Brains } from '#src/conversation/ports/pipeline-registry.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { voiceFor } from '#src/pipeline/answer-language.ts';
import type { PipelineName } from '#src/pipeline/pipeline.ts';
import type { SpeechVoice } from '#src/speech/ports.ts';
import { isVoiceAmong } from '#src/speech/voice-names.ts';
import type { GuildSettings } from './guild-settings.ts';
import type { Persona } from './persona.ts';
import type { ChannelIdentity } from './persona-choice.ts';

const unknownVoices: readonly string[] = [];

/**
 * Names of the voices that the bot may have, the same list until they change; none: not known. A model that speaks has voices of
 * its own, which cannot be listed.
 */
export function botVoices({ pipelines, voices }: SessionDependencies): readonly string[] {
  const { brains, names } = pipelines;
  const isRead = names.every(isChained) && (brains?.values().every(isChained) ?? true);
  return isRead ? voices.known() : unknownVoices;
}

function isChained(name: PipelineName): boolean {
  return name === 'chained';
}

/** Settings of a server with the bot's identity there over them; a voice or brain that is gone counts as not set. */
export function withIdentity(
  settings: GuildSettings,
  { persona, voice: chosen }: ChannelIdentity,
  { brains, voices }: { readonly brains: Brains; readonly voices: readonly string[] },
): GuildSettings {
  const voice = [chosen, persona?.voice].find((one) => isThere(one, voices));
  const named = voice === undefined ? settings : { ...settings, voice };
  if (!persona) return named;
  const { brain = '', cues = settings.cues, instructions } = persona;
  const pipeline = brains.get(brain);
  return {
    ...named,
    persona,
    cues,
    instructions,
    names: [...new Set([...settings.names, persona.name])],
    ...(isThere(chosen, voices) && { isVoiceChosen: true }),
    ...(pipeline && { pipeline, brain }),
  };
}

/** Pipeline that answers with these settings; the voice of a Realtime conversation cannot change, so another one begins it anew. */
export function wantedPipeline({
  brain,
  pipeline: name,
  voice: frozenVoice,
}: GuildSettings): WantedPipeline {
  return { name, brain, ...(name === 'realtime' && { frozenVoice }) };
}

/** Voice of what is said in no language in particular: of a persona that speaks one alone, its own for that. */
export function voiceOf(
  { isVoiceChosen, persona, voice: usual }: GuildSettings,
  voices: readonly string[],
): SpeechVoice {
  const { language, voices: byLanguage } = persona ?? {};
  const hasOwn = !isVoiceChosen && language !== undefined && byLanguage !== undefined;
  const own = hasOwn ? voiceFor(language, byLanguage) : undefined;
  const name = own !== undefined && isThere(own, voices) ? own : usual;
  return {
    ...(name !== undefined && { name }),
    ...(persona?.tone !== undefined && { instructions: persona.tone }),
  };
}

/**
 * Voices for answers whose language is found out while they are made, of those that there are. None where voice or language is
 * fixed: a Realtime session keeps its voice.
 */
export function voicesOf(
  { isVoiceChosen, persona, pipeline }: GuildSettings,
  voices: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const isFixed = isVoiceChosen || persona?.language !== undefined || pipeline === 'realtime';
  if (isFixed || persona?.voices === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(persona.voices).filter(([, name]) => isThere(name, voices)),
  );
}

/** Prompt about a persona beside its instructions; a model that writes for a voice gets no tone. */
export function mannerOf({ language, tone }: Persona, pipeline: PipelineName): string {
  const only = language === undefined ? '' : ` Always answer in ${englishLanguageName(language)}.`;
  const spoken = pipeline === 'chained' || tone === undefined ? '' : ` How you sound: ${tone}`;
  return `${only}${spoken}`;
}

function isThere(voice: string | undefined, voices: readonly string[]): voice is string {
  return voice !== undefined && isVoiceAmong(voice, voices);
}
