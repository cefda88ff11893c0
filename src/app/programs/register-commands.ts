import { parseArgs } from 'node:util';
import { BotError } from '#src/base/errors.ts';
import type { Config } from '#src/config/types.ts';
import { misconfigured, runProgram } from './run-program.ts';

/** `remove`: removes all instead of registering them. */
const options = { remove: { type: 'boolean', default: false } } as const;
await runProgram(() => parseArgs({ options }).values, 'npm run commands [-- --remove]', run);
// Whatever a library still holds open must not keep an ended program alive.
setTimeout(() => process.exit(), 1_000).unref();

async function run(
  { remove: removes }: { readonly remove: boolean },
  { discord }: Config,
): Promise<number> {
  if (!discord) {
    console.error('DISCORD_TOKEN: missing; registering commands needs a bot');
    return misconfigured;
  }
  // Loaded here, as they take most of a second: settings that cannot work are told before.
  const { commands: all } = await import('#commands/commands.ts');
  const { registerOnly } = await import('#src/discord/interactions/register-only.ts');
  const commands = removes ? [] : all;
  try {
    await registerOnly({ token: discord.token.reveal(), apiUrl: discord.apiUrl, commands });
    console.log(`${removes ? 'removed all' : `registered ${commands.length}`} commands everywhere`);
    return 0;
  } catch (error) {
    if (!(error instanceof BotError) || error.code !== 'discord.bad_token') throw error;
    console.error(error.message);
    return misconfigured;
  }
}
