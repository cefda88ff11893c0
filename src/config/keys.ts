import { Secret } from '#src/base/secret.ts';
import type { EnvironmentSettings } from './settings.ts';
import type { RemoteServer } from './types.ts';

export const groups = ['TRANSCRIPTION', 'CHAT_COMPLETION', 'SPEECH'] as const;
export type SettingGroup = (typeof groups)[number];

type ServerSettings = SettingGroup | `${SettingGroup}_FALLBACK` | 'REALTIME';

/** Server of these settings at `baseUrl`: with its own key, or a copy of the shared one, but that only for the shared address. */
export function serverAt(
  baseUrl: string,
  from: EnvironmentSettings,
  prefix: ServerSettings,
  standardModel: string,
): RemoteServer {
  const { OPENAI_BASE_URL: shared, OPENAI_API_KEY: sharedKey } = from;
  const copy = sharedKey && baseUrl === shared ? new Secret(sharedKey.reveal()) : undefined;
  const apiKey = from[`${prefix}_API_KEY`] ?? copy;
  const [model = standardModel] = [from[`${prefix}_MODEL`]].flat();
  return { kind: 'remote', baseUrl, model, ...(apiKey && { apiKey }) };
}
