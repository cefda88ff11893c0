import { Secret } from '#src/base/secret.ts';
import type { EnvironmentSettings } from './settings.ts';

export const groups = ['TRANSCRIPTION', 'CHAT_COMPLETION', 'SPEECH'] as const;
export type SettingGroup = (typeof groups)[number];

/** API key for `baseUrl`: its own key, or a copy of the shared one, but that only for the shared address. */
export function keyFor(
  baseUrl: string,
  own: Secret | undefined,
  { OPENAI_BASE_URL: shared, OPENAI_API_KEY: sharedKey }: EnvironmentSettings,
): Secret | undefined {
  return own ?? (sharedKey && baseUrl === shared ? new Secret(sharedKey.reveal()) : undefined);
}

/** API key of a server, where there is one. */
export function keyOf(baseUrl: string, own: Secret | undefined, from: EnvironmentSettings) {
  const apiKey = keyFor(baseUrl, own, from);
  return apiKey && { apiKey };
}
