import { isOpenAi, standardModels } from '#src/provider/models/models.ts';
import { groups, keyOf, type SettingGroup } from './keys.ts';
import type { EnvironmentSettings } from './settings.ts';
import { speechOf } from './speech.ts';
import type { Config, Embedded, Fallbacks, RemoteServer } from './types.ts';

type FallbackGroup = `${SettingGroup}_${'FALLBACK' | 'FALLBACK_2'}`;

const prefixes = ['FALLBACK', 'FALLBACK_2'] as const;
/** In the place of an address: the engine that comes with the bot. */
const embedded = 'embedded';

export function readFallbacks(from: EnvironmentSettings): Fallbacks {
  return {
    transcription: prefixes.flatMap((prefix) => transcription(from, `TRANSCRIPTION_${prefix}`)),
    chat: prefixes.flatMap((prefix) => {
      const role = remote(from, `CHAT_COMPLETION_${prefix}`, standardModels.chat);
      return role?.kind === 'remote' ? [role] : [];
    }),
    speech: prefixes.flatMap((prefix) => speech(from, `SPEECH_${prefix}`)),
  };
}

/** One line per mistake. `needy` are the groups that have no server to fall back from. */
export function fallbackMistakes(
  from: EnvironmentSettings,
  needy: readonly SettingGroup[],
): string[] {
  return groups.flatMap((group) => {
    const [first, second] = prefixes.map((prefix) => `${group}_${prefix}` as const) as [
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
        ? [`${first}_BASE_URL: a fallback needs a first server; set ${group}_BASE_URL`]
        : []),
      ...(isGap ? [`${first}_BASE_URL: missing; ${second}_BASE_URL needs it`] : []),
    ];
  });
}

function mistakesOf(from: EnvironmentSettings, prefix: FallbackGroup): string[] {
  const voice = prefix.startsWith('SPEECH')
    ? from[`${prefix as 'SPEECH_FALLBACK'}_VOICE`]
    : undefined;
  const others = from[`${prefix}_MODEL`] ?? from[`${prefix}_API_KEY`] ?? voice;
  const role = remote(from, prefix, '');
  if (!role)
    return others === undefined
      ? []
      : [`${prefix}_BASE_URL: missing; other settings of this fallback need it`];
  const isBarred = role.kind === 'remote' && !role.apiKey && isOpenAi(role.baseUrl);
  return isBarred ? [`${prefix}_API_KEY: missing; OpenAI needs a key`] : [];
}

function transcription(
  from: EnvironmentSettings,
  prefix: `TRANSCRIPTION_${(typeof prefixes)[number]}`,
): Config['transcription'][] {
  const role = remote(from, prefix, standardModels.transcription);
  if (role?.kind !== 'remote') return role ? [role] : [];
  const { TRANSCRIPTION_STREAM: stream, TRANSCRIPTION_LANGUAGE: language } = from;
  const rest = { stream, hasStablePartials: false, ...(language && { language }) };
  return [{ ...role, models: [role.model], backend: 'file', ...rest }];
}

function speech(
  from: EnvironmentSettings,
  prefix: `SPEECH_${(typeof prefixes)[number]}`,
): Config['speech'][] {
  const voice = from[`${prefix}_VOICE`];
  const role = remote(from, prefix, '');
  if (role?.kind !== 'remote') return role ? [{ ...role, ...(voice && { voice }) }] : [];
  return [speechOf(role, undefined, voice, from)];
}

/** The shared key goes to the shared address only. */
function remote(
  from: EnvironmentSettings,
  prefix: FallbackGroup,
  standardModel: string,
): RemoteServer | Embedded | undefined {
  const baseUrl = from[`${prefix}_BASE_URL`];
  if (baseUrl === undefined) return undefined;
  if (baseUrl === embedded) return { kind: 'embedded' };
  const model = from[`${prefix}_MODEL`] ?? standardModel;
  return {
    kind: 'remote',
    baseUrl,
    model,
    ...keyOf(prefix, baseUrl, from[`${prefix}_API_KEY`], from),
  };
}
