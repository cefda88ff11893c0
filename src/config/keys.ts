import type { Secret } from '#src/base/secret.ts';
import type { EnvironmentSettings } from './settings.ts';

export const groups = ['TRANSCRIPTION', 'CHAT_COMPLETION', 'SPEECH'] as const;
export type SettingGroup = (typeof groups)[number];

/** What goes to `baseUrl`: the key of its own, or the shared one, but that only to the shared address. */
export function keyFor(
  baseUrl: string,
  own: Secret | undefined,
  { OPENAI_BASE_URL: shared, OPENAI_API_KEY: sharedKey }: EnvironmentSettings,
): Secret | undefined {
  return own ?? (baseUrl === shared ? sharedKey : undefined);
}

/** The same, and the setting that holds it or would, of the server whose settings begin with `prefix`. */
export function keyOf(
  prefix: string,
  baseUrl: string,
  own: Secret | undefined,
  from: EnvironmentSettings,
) {
  const apiKey = keyFor(baseUrl, own, from);
  const keySetting = apiKey && !own ? 'OPENAI_API_KEY' : `${prefix}_API_KEY`;
  return { keySetting, ...(apiKey && { apiKey }) };
}
