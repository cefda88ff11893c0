import { commands } from '#commands/commands.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { Config } from '#src/config/config.ts';
import {
  type Account,
  type GuildName,
  messageContentIntent,
  readAccount,
  readGuildNames,
} from '#src/discord/account/account.ts';
import { AccountRest } from '#src/discord/account/account-rest.ts';
import {
  type ChannelRights,
  type GuildRights,
  readGuildRights,
} from '#src/discord/account/guild-rights.ts';
import { inviteUrlOf, type NeededRight, rightNames } from '#src/discord/account/rights.ts';
import { readRegisteredNames } from '#src/discord/interactions/register-only.ts';
import { registeredName } from '#src/discord/interactions/slashes.ts';
import { differs, type Finding, missing, ok } from '#src/probes/probe.ts';

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
  const mend = 'start the bot: it registers them within seconds; then reload Discord (Ctrl+R)';
  return (lacking.length === ours.length ? missing : differs)(what, `${why}, everywhere`, mend);
}

/** Channels named one by one; a server may have 500. */
const mostChannels = 20;

/** Rights of the bot in a server: one line for the server, one for each voice channel that lacks a right. */
function rightsLines(
  { name, channels, lacksInServer, timedOutUntilMs = 0 }: GuildRights,
  nowWallMs: number,
): readonly Finding[] {
  if (timedOutUntilMs > nowWallMs) {
    const why = 'a moderator timed the bot out: it can do nothing';
    return [missing(name, why, 'ask a moderator to remove the time-out, or wait')];
  }
  const talking = channels.filter(({ lacksToTalk }) => lacksToTalk.length === 0);
  const lacking = channels.filter(
    ({ lacksToTalk, lacksToWrite }) => lacksToTalk.length + lacksToWrite.length > 0,
  );
  const shown = lacking.slice(0, mostChannels).map(channelLine);
  return [
    serverLine(name, channels.length, talking.length),
    ...(lacksInServer.length > 0 ? [roleLine(name, lacksInServer)] : []),
    ...shown,
  ];
}

const roleMend = "open Edit Channel, Permissions: give the bot's role the rights there";

function serverLine(name: string, count: number, talking: number): Finding {
  if (count === 0)
    return missing(name, 'the server has no voice channel', 'create one: Create Channel, Voice');
  const why = `the bot may talk in ${talking} of ${count} voice channels`;
  return talking > 0 ? ok(name, why) : missing(name, why, roleMend);
}

function roleLine(name: string, lacks: readonly NeededRight[]): Finding {
  const why = `the bot's role does not have ${words(lacks)}`;
  return differs(name, why, 'open the invite link again: it asks for the missing rights');
}

function channelLine({ name, lacksToTalk, lacksToWrite }: ChannelRights): Finding {
  const lacks = words([...lacksToTalk, ...lacksToWrite]);
  const what =
    lacksToTalk.length > 0
      ? 'it cannot talk there'
      : 'it can talk there, but its chat does not work';
  const mend = `open Edit Channel of ${name}, Permissions: allow ${lacks} for the bot's role`;
  return differs(`#${name}`, `the bot does not have ${lacks}: ${what}`, mend);
}

function words(rights: readonly NeededRight[]): string {
  return rights.map((right) => rightNames[right]).join(', ');
}

const portal = 'https://discord.com/developers/applications';

/** `messageContent`: the bot asks for that intent. */
function accountLines(account: Account, messageContent = false): readonly Finding[] {
  const { applicationId, name } = account;
  return [
    ok('token', `it belongs to ${name}, application ${applicationId}`),
    intentsLine(account, messageContent),
    ok('invite', inviteUrlOf(applicationId)),
  ];
}

function intentsLine(
  { applicationId, mayReadMessages }: Account,
  messageContent: boolean,
): Finding {
  if (messageContent && !mayReadMessages) {
    const why = `${messageContentIntent} is off, but MESSAGE_CONTENT=on needs it`;
    return differs('intents', why, `turn it on: ${portal}/${applicationId}/bot`);
  }
  return ok('intents', messageContent ? messageContentIntent : 'the bot needs none');
}
