import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { type ConfigResult, readConfig, readEnvironment } from './config.ts';
import { removedLimits, removedSettings } from './removed-settings.ts';
import { secretFileNames } from './secret-files.ts';
import { settings } from './settings.ts';

const knownNames = new Set([
  ...[settings.shape, removedSettings, removedLimits].flatMap((declared) =>
    Object.keys(declared),
  ),
  ...secretFileNames,
]);

const localAddresses = ['TRANSCRIPTION_FALLBACK_BASE_URL', 'SPEECH_FALLBACK_BASE_URL'];

/**
 * Adds `.env` to the environment, which wins. Prints each setting without effect.
 * Returns false for an unreadable file.
 */
export function loadDotEnv(
  print: (line: string) => void,
  path = '.env',
  environment: NodeJS.ProcessEnv = readEnvironment(),
): boolean {
  const text = readEnvText(path);
  if (text instanceof Error) {
    print(
      `${path} cannot be read (${text.message}): make it readable for the user of the bot.`,
    );
    return false;
  }
  const written = parseEnv(text);
  for (const word of findWordsWithoutValue(text))
    print(`${path}: "${word}" has no "=", so it sets nothing.`);
  for (const [name, value] of Object.entries(written)) environment[name] ??= value;
  const serversPath = environment.MCP_SERVERS?.trim();
  const servers = serversPath ? String(readEnvText(serversPath)) : ''; // there `${NAME}` is a variable that is no setting
  for (const name of Object.keys(written))
    if (!knownNames.has(name) && !servers.includes(`\${${name}}`))
      print(`${name}: ${path} sets it, and it is no setting.`);
  for (const warning of describeOldSettings(environment)) print(warning);
  return true;
}

/** Describes settings that are gone, and values with a new name. */
function describeOldSettings(environment: NodeJS.ProcessEnv) {
  const isGiven = (name: string) => Boolean(environment[name]?.trim());
  return [
    ...Object.entries(removedSettings)
      .filter(([name]) => isGiven(name))
      .map(([name, instead]) => `${name} is no setting any more. ${instead}`),
    ...localAddresses
      .filter((name) => environment[name]?.trim() === 'embedded')
      .map((name) => `${name}: embedded is called local now.`),
  ];
}

/** Reads settings again. `environment` wins over `.env`, and stays unchanged. */
export function readAnew(environment: NodeJS.ProcessEnv): ConfigResult {
  const mistakes: string[] = [];
  const merged = { ...environment };
  const isRead = loadDotEnv((mistake) => mistakes.push(mistake), '.env', merged);
  return isRead ? readConfig(merged) : { kind: 'bad', mistakes };
}

function findWordsWithoutValue(text: string) {
  const lines = text.replace(/=\s*(["'`])[\s\S]*?\1/g, '=').split('\n');
  // Words behind the first may be a key.
  return lines.flatMap(
    (textLine) => /^\s*([^\s#=]+)(?:[\s#][^=]*)?$/.exec(textLine)?.[1] ?? [],
  );
}

function readEnvText(path: string) {
  try {
    return readFileSync(path, 'utf8').replace(/^\ufeff/, '');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return error.code === 'ENOENT' ? '' : new Error(`${error.code}`);
  }
}
