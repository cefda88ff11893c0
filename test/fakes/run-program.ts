import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { getCompileCacheEnvironment } from '#src/base/compile-cache.ts';
import { removeProgress } from './bot-process.ts';

const execFileAsync = promisify(execFile);

/** Runs a program beside the bot to its end, with these settings alone. */
export function runProgram(
  name: 'backup' | 'restore' | 'token',
  settings: Readonly<Record<string, string>>,
  ...args: readonly string[]
) {
  const env = { ...getCompileCacheEnvironment(), ...settings };
  const program = [`src/app/programs/${name}.ts`, ...args];
  const options = { env, encoding: 'utf8', timeout: 60_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, program, options);
  return { status, stdout, stderr: removeProgress(stderr) };
}

/** A token that `npm run token` makes beside running bots, for the store that these settings name. */
export async function makeToken(
  environment: Readonly<Record<string, string>>,
  server: string,
  scopes: string,
  ...otherTexts: readonly string[]
) {
  const words = [
    'create',
    'program',
    '--server',
    server,
    '--scopes',
    scopes,
    ...otherTexts,
  ];
  const env = {
    ...getCompileCacheEnvironment(),
    DISCORD_TOKEN: 'of-discord',
    ...environment,
  };
  const { stdout } = await execFileAsync(
    process.execPath,
    ['src/app/programs/token.ts', ...words],
    { env },
  );
  return stdout.trim();
}
