import { isOpenAi, standardModels } from '#src/provider/models/models.ts';
import { groups, keyOf, type SettingGroup } from './keys.ts';
import type { EnvironmentSettings } from './settings.ts';
import { speechOf } from './speech.ts';
import type { Config, Embedded, Fallbacks, RemoteServer } from './types.ts';

type FallbackGroup = `${SettingGroup}_${'FALLBACK' | 'FALLBACK_2'}`;

const rungs = ['FALLBACK', 'FALLBACK_2'] as const;
/** In the place of an address: the engine that comes with the bot. */
const embedded = 'embedded';

export function readFallbacks(from: EnvironmentSettings): Fallbacks {
  return {
    transcription: rungs.flatMap((rung) => transcription(from, `TRANSCRIPTION_${rung}`)),
    chat: rungs.flatMap((rung) => {
      const role = remote(from, `CHAT_COMPLETION_${rung}`, standardModels.chat);
      return role?.kind === 'remote' ? [role] : [];
    }),
    speech: rungs.flatMap((rung) => speech(from, `SPEECH_${rung}`)),
  };
}

/** One line per mistake. `needy` are the groups that have no server to fall back from. */
export function fallbackMistakes(
  from: EnvironmentSettings,
  needy: readonly SettingGroup[],
): string[] {
  return groups.flatMap((group) => {
    const [first, second] = rungs.map((rung) => `${group}_${rung}` as const) as [
      FallbackGroup,
      FallbackGroup,
    ];
    const isSet = from[`${first}_BASE_URL`] !== undefined;
    const isNeedless = isSet && needy.includes(group);
    const isGap = !isSet && from[`${second}_BASE_URL`] !== undefined;
    return [
      ...mistakesOf(from, first),
      ...mistakesOf(from, second),
      ...(isNeedless
        ? [`${first}_BASE_URL: there is no server to fall back from; set ${group}_BASE_URL`]
        : []),
      ...(isGap ? [`${first}_BASE_URL: missing; ${second}_BASE_URL comes after it`] : []),
    ];
  });
}

function mistakesOf(from: EnvironmentSettings, rung: FallbackGroup): string[] {
  const voice = rung.startsWith('SPEECH') ? from[`${rung as 'SPEECH_FALLBACK'}_VOICE`] : undefined;
  const others = from[`${rung}_MODEL`] ?? from[`${rung}_API_KEY`] ?? voice;
  const role = remote(from, rung, '');
  if (!role)
    return others === undefined ? [] : [`${rung}_BASE_URL: missing; the rest of it is set`];
  const isBarred = role.kind === 'remote' && !role.apiKey && isOpenAi(role.baseUrl);
  return isBarred ? [`${rung}_API_KEY: missing; OpenAI needs a key`] : [];
}

function transcription(
  from: EnvironmentSettings,
  rung: `TRANSCRIPTION_${(typeof rungs)[number]}`,
): Config['transcription'][] {
  const role = remote(from, rung, standardModels.transcription);
  if (role?.kind !== 'remote') return role ? [role] : [];
  const { TRANSCRIPTION_STREAM: stream, TRANSCRIPTION_LANGUAGE: language } = from;
  return [{ ...role, backend: 'file', stream, ...(language && { language }) }];
}

function speech(
  from: EnvironmentSettings,
  rung: `SPEECH_${(typeof rungs)[number]}`,
): Config['speech'][] {
  const voice = from[`${rung}_VOICE`];
  const role = remote(from, rung, '');
  if (role?.kind !== 'remote') return role ? [{ ...role, ...(voice && { voice }) }] : [];
  return [speechOf(role, undefined, voice, from)];
}

/** The shared key goes to the shared address only. */
function remote(
  from: EnvironmentSettings,
  rung: FallbackGroup,
  standardModel: string,
): RemoteServer | Embedded | undefined {
  const baseUrl = from[`${rung}_BASE_URL`];
  if (baseUrl === undefined) return undefined;
  if (baseUrl === embedded) return { kind: 'embedded' };
  const model = from[`${rung}_MODEL`] ?? standardModel;
  return { kind: 'remote', baseUrl, model, ...keyOf(rung, baseUrl, from[`${rung}_API_KEY`], from) };
}
