import { readFileSync } from 'node:fs';
import type { Secret } from '#src/base/secret.ts';
import type { EnvironmentSettings } from './settings.ts';

type SecretName = {
  [Name in keyof EnvironmentSettings]-?: NonNullable<
    EnvironmentSettings[Name]
  > extends Secret
    ? Name
    : never;
}[keyof EnvironmentSettings];

/** A record, so that no secret setting is forgotten. */
const secretNames: Readonly<Record<SecretName, true>> = {
  DISCORD_TOKEN: true,
  OPENAI_API_KEY: true,
  CHAT_COMPLETION_API_KEY: true,
  CHAT_COMPLETION_FALLBACK_API_KEY: true,
  TRANSCRIPTION_API_KEY: true,
  TRANSCRIPTION_FALLBACK_API_KEY: true,
  SPEECH_API_KEY: true,
  SPEECH_FALLBACK_API_KEY: true,
  REALTIME_API_KEY: true,
  LIVE_API_KEY: true,
  DATABASE_URL: true,
  OPERATOR_WEBHOOK: true,
};

/** Names of settings that give the path of a file with a secret, as Docker and systemd do: `DISCORD_TOKEN_FILE`. */
export const secretFileNames: readonly string[] = Object.keys(secretNames).map(
  (name) => `${name}_FILE`,
);

/** Secrets by the names of their settings, and a line for each file that gives none. */
export type SecretFiles = {
  readonly values: Readonly<Record<string, string>>;
  readonly mistakes: readonly string[];
};

/**
 * Reads the secrets whose settings name a file. Spaces and line ends around a secret do not count.
 *
 * @example
 * import { readSecretFiles } from '#src/config/secret-files.ts';
 *
 * readSecretFiles({ DISCORD_TOKEN_FILE: '/run/secrets/none' }).mistakes;
 * // ['DISCORD_TOKEN_FILE: /run/secrets/none cannot be read (ENOENT)']
 */
export function readSecretFiles(environment: NodeJS.ProcessEnv): SecretFiles {
  const values: Record<string, string> = {};
  const mistakes: string[] = [];
  for (const name of Object.keys(secretNames)) {
    const path = environment[`${name}_FILE`]?.trim();
    if (!path) continue;
    const read = environment[name]?.trim()
      ? { fault: `${name} is set, too; leave one of both out` }
      : readSecretFile(path);
    if ('value' in read) values[name] = read.value;
    else mistakes.push(`${name}_FILE: ${read.fault}`);
  }
  return { values, mistakes };
}

/** Reads a secret, or returns what is wrong with its file. */
function readSecretFile(
  path: string,
): { readonly value: string } | { readonly fault: string } {
  try {
    const value = readFileSync(path, 'utf8').trim();
    return value === '' ? { fault: `${path} is empty` } : { value };
  } catch (error) {
    const code =
      error instanceof Error && 'code' in error ? `${error.code}` : 'unknown';
    return { fault: `${path} cannot be read (${code})` };
  }
}
