import { parseArgs } from 'node:util';
import { loadCorrections } from '#src/app/text-corrections.ts';
import { argumentMistake } from '#src/base/argument-mistake.ts';
import { BotError } from '#src/base/errors.ts';
import type { Config } from '#src/config/types.ts';
import type { CommandChanges } from '#src/discord/interactions/registration.ts';
import { misconfigured, runProgram } from './run-program.ts';

const usage = 'npm run commands [-- --remove [--server ID]]';

await runProgram(readArguments(), run);
// Whatever a library still holds open must not keep an ended program alive.
setTimeout(() => process.exit(), 1_000).unref();

type Request = {
  /** Removes all instead of registering them. */
  readonly removes: boolean;
  /** Server whose own commands are removed; absent: those of all servers. */
  readonly guildId?: string;
};

async function run(request: Request, { discord, dataDir }: Config): Promise<number> {
  loadCorrections({ dataDir }, (complaint) => console.error(complaint));
  if (discord) return await register(discord, request);
  console.error('DISCORD_TOKEN: missing; registering commands needs a bot');
  return misconfigured;
}

async function register(
  { token, apiUrl }: NonNullable<Config['discord']>,
  { removes, guildId }: Request,
): Promise<number> {
  const where = guildId === undefined ? 'everywhere' : `in server ${guildId}`;
  // Loaded here, as they take most of a second: settings that cannot work are told before.
  const { commands: all } = await import('#commands/commands.ts');
  const commands = removes ? [] : all;
  const { registerOnly } = await import('#src/discord/interactions/register-only.ts');
  try {
    const place = { apiUrl, guildId };
    const changes = await registerOnly({ token: token.reveal(), ...place, commands });
    for (const line of news(changes, commands.length)) console.log(`${line} ${where}`);
    return 0;
  } catch (error) {
    if (!(error instanceof BotError) || error.code !== 'discord.bad_token') throw error;
    console.error(error.message);
    return misconfigured;
  }
}

/** Shows a command as it is typed; entries of a menu, which have capitals, are not typed. */
function shown(name: string): string {
  return name === name.toLowerCase() ? `/${name}` : name;
}

function readArguments(): Request | string {
  try {
    const { values } = parseArgs({
      options: { remove: { type: 'boolean', default: false }, server: { type: 'string' } },
    });
    const { remove: removes, server: guildId } = values;
    if (guildId !== undefined && !(removes && /^\d{15,21}$/.test(guildId))) return usage;
    return { removes, guildId };
  } catch (error) {
    return `${argumentMistake(error)}\n${usage}`;
  }
}

/** A line for each kind of change that there was, or one that there was none. */
function news(changes: CommandChanges, count: number): string[] {
  const lines = (['added', 'changed', 'removed'] as const)
    .filter((kind) => changes[kind].length > 0)
    .map((kind) => `${kind} ${changes[kind].map(shown).join(', ')}`);
  return lines.length > 0 ? lines : [`nothing changed: ${count} commands`];
}
