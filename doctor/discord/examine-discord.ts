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
import { readRegisteredNames } from '#src/discord/interactions/register-only.ts';
import { registeredName } from '#src/discord/interactions/slashes.ts';
import { readGatewayLimits } from '#src/discord/shards/gateway-limits.ts';
import { differs, type Finding, missing, ok } from '#src/probes/probe.ts';
import { accountLines, loginsLine } from './account-findings.ts';
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
  using rest = new AccountRest({ token: token.reveal(), apiUrl });
  const asking = { rest, clock, signal };
  const account = await readAccount(rest, signal);
  yield* accountLines(account, messageContent);
  const { startLimit } = await readGatewayLimits(rest, signal);
  if (startLimit) yield loginsLine(startLimit);
  const guilds = await readGuildNames(rest, signal);
  yield guildsLine(guilds, account);
  for (const guild of guilds.slice(0, mostGuilds)) yield* await guildLines(asking, account, guild);
  yield commandLine(await readRegisteredNames(rest, account.applicationId, signal));
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

/** Names of the commands of all servers at Discord against ours. */
function commandLine(registered: readonly string[]): Finding {
  const what = 'commands';
  const ours = commands.map(registeredName);
  const lacking = ours.filter((name) => !registered.includes(name));
  const foreign = registered.filter((name) => !ours.includes(name));
  if (lacking.length + foreign.length === 0)
    return ok(what, `all ${ours.length} are registered everywhere`);
  const why = [
    ...(lacking.length > 0 ? [`missing: ${lacking.join(', ')}`] : []),
    ...(foreign.length > 0 ? [`unknown to Parley: ${foreign.join(', ')}`] : []),
  ].join('; ');
  const mend =
    'run npm run commands, or start the bot: it registers them within seconds; then reload Discord (Ctrl+R)';
  return (lacking.length === ours.length ? missing : differs)(what, `${why}, everywhere`, mend);
}
