import { isOpenAi, standardModels } from '#src/provider/models/models.ts';
import { groups, type SettingGroup, serverAt } from './keys.ts';
import type { EnvironmentSettings } from './settings.ts';
import { speechOf } from './speech.ts';
import type { Embedded, Fallbacks, RemoteServer } from './types.ts';

type FallbackGroup = `${SettingGroup}_FALLBACK`;

/** In the place of an address: the engine that comes with the bot. */
const embedded = 'embedded';

export function readFallbacks(from: EnvironmentSettings): Fallbacks {
  const chat = remote(from, 'CHAT_COMPLETION_FALLBACK', standardModels.chat);
  return {
    transcription: transcription(from),
    ...(chat?.kind === 'remote' && { chat }),
    speech: speech(from),
  };
}

/** One line per mistake. `needy` are the groups that have no server to fall back from. */
export function fallbackMistakes(
  from: EnvironmentSettings,
  needy: readonly SettingGroup[],
): string[] {
  return groups.flatMap((group) => {
    const prefix = `${group}_FALLBACK` as const;
    const isNeedless = from[`${prefix}_BASE_URL`] !== undefined && needy.includes(group);
    return [
      ...mistakesOf(from, prefix),
      ...(isNeedless
        ? [`${prefix}_BASE_URL: a fallback needs a first server; set ${group}_BASE_URL`]
        : []),
    ];
  });
}

function mistakesOf(from: EnvironmentSettings, prefix: FallbackGroup): string[] {
  const voice = prefix === 'SPEECH_FALLBACK' ? from.SPEECH_FALLBACK_VOICE : undefined;
  const others = from[`${prefix}_MODEL`] ?? from[`${prefix}_API_KEY`] ?? voice;
  const role = remote(from, prefix, '');
  if (!role)
    return others === undefined
      ? []
      : [`${prefix}_BASE_URL: missing; other settings of this fallback need it`];
  const isBarred = role.kind === 'remote' && !role.apiKey && isOpenAi(role.baseUrl);
  return isBarred ? [`${prefix}_API_KEY: missing; OpenAI needs a key`] : [];
}

function transcription(from: EnvironmentSettings): Fallbacks['transcription'] {
  const role = remote(from, 'TRANSCRIPTION_FALLBACK', standardModels.transcription);
  if (role?.kind !== 'remote') return role;
  const { TRANSCRIPTION_LANGUAGE: language } = from;
  return { ...role, models: [role.model], backend: 'file', language };
}

function speech(from: EnvironmentSettings): Fallbacks['speech'] {
  const voice = from.SPEECH_FALLBACK_VOICE;
  const role = remote(from, 'SPEECH_FALLBACK', '');
  if (role?.kind !== 'remote') return role && { ...role, voice };
  return speechOf(role, undefined, voice, from);
}

function remote(
  from: EnvironmentSettings,
  prefix: FallbackGroup,
  standardModel: string,
): RemoteServer | Embedded | undefined {
  const baseUrl = from[`${prefix}_BASE_URL`];
  if (baseUrl === undefined) return undefined;
  return baseUrl === embedded ? { kind: embedded } : serverAt(baseUrl, from, prefix, standardModel);
}
