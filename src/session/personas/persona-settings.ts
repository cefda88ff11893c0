import type { Persona } from '#src/personas/persona.ts';
import type { PipelineName } from '#src/pipeline/pipeline-names.ts';
import type { WantedPipeline } from '#src/session/answering/current-pipeline.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import type { Brains } from '#src/session/ports/pipelines.ts';
import type { GuildSettings } from '#src/session/settings/guild-settings.ts';
import type { SpeechVoice } from '#src/speech/ports.ts';
import { isVoiceAmong } from '#src/speech/voice-names.ts';
import type { ChannelIdentity } from './persona-choice.ts';

/**
 * Names of the voices that the bot may have; none: not known. A model that speaks has voices of its own, which nobody can
 * tell.
 */
export function botVoices({
  pipelines,
  voices,
}: Pick<SessionDependencies, 'pipelines' | 'voices'>): readonly string[] {
  const { brains = new Map<string, PipelineName>(), names } = pipelines;
  const isRead = [...names, ...brains.values()].every((name) => name === 'chained');
  return isRead ? voices.known() : [];
}

/** What a server has set, with who the bot is there over it; a voice or brain that is gone counts as not set. */
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

/** What answers with these settings; the voice of a Realtime conversation cannot change, so another one begins it anew. */
export function wantedPipeline(settings: () => GuildSettings): WantedPipeline {
  const { brain, pipeline: name, voice: frozenVoice } = settings();
  return { name, brain, ...(name === 'realtime' && { frozenVoice }) };
}

/** Voice of what is said in this language (BCP 47): the persona's own for it, else the one of all others. */
export function voiceOf(
  { isVoiceChosen, persona, voice: usual }: GuildSettings,
  voices: readonly string[],
  language?: string,
): SpeechVoice {
  const own = isVoiceChosen ? undefined : voiceIn(persona, persona?.language ?? language);
  const name = own !== undefined && isThere(own, voices) ? own : usual;
  return {
    ...(name !== undefined && { name }),
    ...(persona?.tone !== undefined && { instructions: persona.tone }),
  };
}

/** Voices for answers whose language is found out while they are made; none where voice or language is fixed. */
export function voicesOf({
  isVoiceChosen,
  persona,
}: GuildSettings): Readonly<Record<string, string>> | undefined {
  return isVoiceChosen || persona?.language !== undefined ? undefined : persona?.voices;
}

/** What a model is told of a persona beside its instructions; a model that writes for a voice is told no tone. */
export function mannerOf({ language, tone }: Persona, pipeline: PipelineName): string {
  const name = language && languageName(language);
  const spoken = pipeline === 'chained' || tone === undefined ? '' : ` How you sound: ${tone}`;
  return `${name ? ` Always answer in ${name}.` : ''}${spoken}`;
}

/** By the whole tag, else by its language alone. */
function voiceIn(persona: Persona | undefined, tag: string | undefined): string | undefined {
  if (tag === undefined || persona?.voices === undefined) return undefined;
  const wanted = [tag, tag.split('-')[0]].map((one) => one?.toLowerCase());
  const all = Object.entries(persona.voices).map(([key, one]) => [key.toLowerCase(), one] as const);
  const found = wanted.map((one) => all.find(([key]) => key === one)?.[1]);
  return found.find((one) => one !== undefined);
}

function isThere(voice: string | undefined, voices: readonly string[]): voice is string {
  return voice !== undefined && isVoiceAmong(voice, voices);
}

function languageName(tag: string): string | undefined {
  try {
    return new Intl.DisplayNames('en', { type: 'language' }).of(tag);
  } catch {
    return undefined;
  }
}
