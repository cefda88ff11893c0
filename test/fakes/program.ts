import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { compileCacheEnvironment } from '#src/base/compile-cache.ts';

const run = promisify(execFile);

/** A token that `npm run token` makes beside running bots, for the store that these settings name. */
export async function makeToken(
  environment: Readonly<Record<string, string>>,
  server: string,
  scopes: string,
): Promise<string> {
  const words = ['create', 'program', '--server', server, '--scopes', scopes];
  const env = { ...compileCacheEnvironment(), DISCORD_TOKEN: 'of-discord', ...environment };
  const { stdout } = await run(process.execPath, ['src/app/programs/token.ts', ...words], { env });
  return stdout.trim();
}
