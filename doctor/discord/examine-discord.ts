import { z } from 'zod';
import { commands } from '#commands/commands.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { Config } from '#src/config/types.ts';
import {
  type Account,
  type GuildName,
  readAccount,
  readGuildNames,
} from '#src/discord/account/account.ts';
import { AccountRest } from '#src/discord/account/account-rest.ts';
import { readGuildRights } from '#src/discord/account/guild-rights.ts';
import { inviteUrlOf } from '#src/discord/account/rights.ts';
import {
  type CommandChanges,
  type CommandScope,
  isChange,
  readCommandChanges,
} from '#src/discord/interactions/registration.ts';
import type { CommandEntry } from '#src/discord/interactions/slashes.ts';
import { readGatewayLimits } from '#src/discord/shards/gateway-limits.ts';
import { differs, type Finding, missing, ok } from '#src/probes/probe.ts';
import { accountLines, clockLine, loginsLine } from './account-findings.ts';
import { rightsLines } from './rights-findings.ts';

/** Each takes three requests. */
const mostGuilds = 5;

/** State of the examination of Discord. */
type Asking = {
  readonly rest: AccountRest;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

/** Asks Discord, without going online, how the bot, its servers, its rights and its commands are. */
export async function* examineDiscord(
  { token, apiUrl, messageContent }: NonNullable<Config['discord']>,
  clock: Clock,
): AsyncGenerator<Finding> {
  const { signal } = new AbortController();
  using rest = new AccountRest({ token: token.reveal(), apiUrl }, clock);
  const asking = { rest, clock, signal };
  const account = await readAccount(rest, signal);
  yield clockLine(rest.aheadMs);
  yield* accountLines(account, messageContent);
  const { startLimit } = await readGatewayLimits(rest, signal);
  if (startLimit) yield loginsLine(startLimit);
  const guilds = await readGuildNames(rest, signal);
  yield guildsLine(guilds, account);
  const chosen = guilds.slice(0, mostGuilds);
  for (const guild of chosen) yield* await guildLines(asking, account, guild);
  yield* await commandLines(asking, account, chosen);
}

function guildsLine(guilds: readonly GuildName[], { applicationId }: Account): Finding {
  const mend = `open ${inviteUrlOf(applicationId)}`;
  if (guilds.length === 0) return missing('servers', 'the bot is in no server', mend);
  const servers = guilds.length === 1 ? '1 server' : `${guilds.length} servers`;
  const some = guilds.length > mostGuilds ? `; rights in the first ${mostGuilds}` : '';
  return ok('servers', `the bot is in ${servers}${some}`);
}

async function guildLines(
  { rest, clock, signal }: Asking,
  { botId }: Account,
  { id, name }: GuildName,
): Promise<readonly Finding[]> {
  try {
    return rightsLines(await readGuildRights(rest, { guildId: id, botId }, signal), clock.wallMs());
  } catch (error) {
    if (!(error instanceof BotError) || error.code === 'discord.bad_token') throw error;
    return [differs(name, `not checked: ${error.message}`, 'try again')];
  }
}

async function commandLines(
  { rest, signal }: Asking,
  { applicationId }: Account,
  guilds: readonly GuildName[],
): Promise<readonly Finding[]> {
  const changes = await compareCommands(rest, { applicationId }, commands, signal);
  const own = commandLine(changes, commands.length);
  const doubled: Finding[] = [];
  for (const guild of guilds) {
    const scope = { applicationId, guildId: guild.id };
    const { removed } = await compareCommands(rest, scope, [], signal);
    doubled.push(...doubledLine(removed.length, guild));
  }
  return [own, ...doubled];
}

/** Compares the commands at Discord with ours. Errors and abort: as `AccountRest.read`. */
async function compareCommands(
  rest: AccountRest,
  scope: CommandScope,
  commands: readonly CommandEntry[],
  signal: AbortSignal,
): Promise<CommandChanges> {
  const asking = {
    get: (route: `/${string}`, { query }: { readonly query: URLSearchParams }) =>
      rest.read(route, z.array(z.unknown()), signal, query),
  };
  return await readCommandChanges(asking, scope, commands);
}

/** Commands of all servers at Discord against ours. */
function commandLine(changes: CommandChanges, count: number): Finding {
  const what = 'commands';
  if (!isChange(changes)) return ok(what, `all ${count} are registered everywhere`);
  const { added, changed, removed } = changes;
  const why = [
    ...(added.length > 0 ? [`missing: ${added.join(', ')}`] : []),
    ...(changed.length > 0 ? [`outdated: ${changed.join(', ')}`] : []),
    ...(removed.length > 0 ? [`unknown to Parley: ${removed.join(', ')}`] : []),
  ].join('; ');
  const mend =
    'run npm run commands, or start the bot: it registers them within seconds; then reload Discord (Ctrl+R)';
  return (added.length === count ? missing : differs)(what, `${why}, everywhere`, mend);
}

/** Commands registered where they are not wanted stand in the list of Discord a second time. */
function doubledLine(registered: number, { id, name }: GuildName): readonly Finding[] {
  if (registered === 0) return [];
  const mend = `run npm run commands -- --remove --server ${id}`;
  return [
    differs(
      'commands',
      `${registered} are also registered in ${name}: people see them twice`,
      mend,
    ),
  ];
}
