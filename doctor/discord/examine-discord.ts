import { commands } from '#commands/commands.ts';
import { neverAborted } from '#src/base/bounded-wait.ts';
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
import {
  type NeededRight,
  rightNames,
  toInviteUrl,
} from '#src/discord/account/needed-rights.ts';
import { getRegisteredName } from '#src/discord/interactions/command-entries.ts';
import { readRegisteredNames } from '#src/discord/interactions/register-only.ts';
import {
  type Finding,
  toDifferingFinding,
  toMissingFinding,
  toOkFinding,
} from '#src/probes/probe.ts';

/** Each server takes three requests. */
const maxExaminedGuilds = 5;

/**
 * Asks Discord over REST, without a login, about account, servers, rights and commands. Throws
 * BotError `discord.*`.
 *
 * @example
 * import { examineDiscord } from '#doctor/discord/examine-discord.ts';
 * import { realClock } from '#src/base/clock.ts';
 * import type { Config } from '#src/config/config.ts';
 *
 * declare const discord: NonNullable<Config['discord']>;
 * for await (const { verdict, subject, reason } of examineDiscord(discord, realClock))
 *   console.log(verdict, subject, reason);
 */
export async function* examineDiscord(
  { token, apiUrl, messageContent }: NonNullable<Config['discord']>,
  clock: Clock,
): AsyncGenerator<Finding> {
  using rest = new AccountRest({ token: token.reveal(), apiUrl });
  const account = await readAccount(rest, neverAborted);
  yield* toAccountFindings(account, messageContent);
  const guilds = await readGuildNames(rest, neverAborted);
  yield checkGuildCount(guilds, account);
  for (const guild of guilds.slice(0, maxExaminedGuilds))
    yield* await checkGuildRights(rest, clock, account, guild);
  yield checkRegisteredCommands(
    await readRegisteredNames(rest, account.applicationId, neverAborted),
  );
}

function checkGuildCount(guilds: readonly GuildName[], { applicationId }: Account) {
  const mend = `open ${toInviteUrl(applicationId)}`;
  if (guilds.length === 0)
    return toMissingFinding('servers', 'the bot is in no server', mend);
  const servers = guilds.length === 1 ? '1 server' : `${guilds.length} servers`;
  const limitNote =
    guilds.length > maxExaminedGuilds
      ? `; rights in the first ${maxExaminedGuilds}`
      : '';
  return toOkFinding('servers', `the bot is in ${servers}${limitNote}`);
}

async function checkGuildRights(
  rest: AccountRest,
  clock: Clock,
  { botId }: Account,
  { id, name }: GuildName,
) {
  try {
    return toRightsFindings(
      await readGuildRights(rest, { guildId: id, botId }, neverAborted),
      clock.wallMs(),
    );
  } catch (error) {
    if (!(error instanceof BotError) || error.code === 'discord.bad_token') throw error;
    return [toDifferingFinding(name, `not checked: ${error.message}`, 'try again')];
  }
}

function checkRegisteredCommands(registered: readonly string[]) {
  const subject = 'commands';
  const ownNames = commands.map(getRegisteredName);
  const missingNames = ownNames.filter((name) => !registered.includes(name));
  const unknownNames = registered.filter((name) => !ownNames.includes(name));
  if (missingNames.length + unknownNames.length === 0)
    return toOkFinding(subject, `all ${ownNames.length} are registered everywhere`);
  const differences = [
    ...(missingNames.length > 0 ? [`missing: ${missingNames.join(', ')}`] : []),
    ...(unknownNames.length > 0
      ? [`unknown to Parley: ${unknownNames.join(', ')}`]
      : []),
  ].join('; ');
  return (
    missingNames.length === ownNames.length ? toMissingFinding : toDifferingFinding
  )(
    subject,
    `${differences}, everywhere`,
    'start the bot: it registers them within seconds; then reload Discord (Ctrl+R)',
  );
}

/** A server may have 500 channels: https://support.discord.com/hc/en-us/articles/33694251638295 */
const maxListedChannels = 20;

function toRightsFindings(
  { name, channels, lacksInServer, timedOutUntilMs = 0 }: GuildRights,
  nowWallMs: number,
) {
  if (timedOutUntilMs > nowWallMs) {
    return [
      toMissingFinding(
        name,
        'a moderator timed the bot out: it can do nothing',
        'ask a moderator to remove the time-out, or wait',
      ),
    ];
  }
  const talkable = channels.filter(({ lacksToTalk }) => lacksToTalk.length === 0);
  const restricted = channels.filter(
    ({ lacksToTalk, lacksToWrite }) => lacksToTalk.length + lacksToWrite.length > 0,
  );
  const channelFindings = restricted.slice(0, maxListedChannels).map(toChannelFinding);
  return [
    toServerFinding(name, channels.length, talkable.length),
    ...(lacksInServer.length > 0 ? [toRoleFinding(name, lacksInServer)] : []),
    ...channelFindings,
  ];
}

const channelRightsRemedy =
  "open Edit Channel, Permissions: give the bot's role the rights there";

function toServerFinding(name: string, channelCount: number, talkableCount: number) {
  if (channelCount === 0)
    return toMissingFinding(
      name,
      'the server has no voice channel',
      'create one: Create Channel, Voice',
    );
  const reason = `the bot may talk in ${talkableCount} of ${channelCount} voice channels`;
  return talkableCount > 0
    ? toOkFinding(name, reason)
    : toMissingFinding(name, reason, channelRightsRemedy);
}

function toRoleFinding(name: string, missingRights: readonly NeededRight[]) {
  const reason = `the bot's role does not have ${formatRights(missingRights)}`;
  return toDifferingFinding(
    name,
    reason,
    'open the invite link again: it asks for the missing rights',
  );
}

function toChannelFinding({ name, lacksToTalk, lacksToWrite }: ChannelRights) {
  const missingRights = formatRights([...lacksToTalk, ...lacksToWrite]);
  const consequence =
    lacksToTalk.length > 0
      ? 'it cannot talk there'
      : 'it can talk there, but its chat does not work';
  return toDifferingFinding(
    `#${name}`,
    `the bot does not have ${missingRights}: ${consequence}`,
    `open Edit Channel of ${name}, Permissions: allow ${missingRights} for the bot's role`,
  );
}

function formatRights(rights: readonly NeededRight[]) {
  return rights.map((right) => rightNames[right]).join(', ');
}

const developerPortalUrl = 'https://discord.com/developers/applications';

function toAccountFindings(account: Account, messageContent = false) {
  const { applicationId, name } = account;
  return [
    toOkFinding('token', `it belongs to ${name}, application ${applicationId}`),
    checkIntents(account, messageContent),
    toOkFinding('invite', toInviteUrl(applicationId)),
  ];
}

function checkIntents(
  { applicationId, mayReadMessages }: Account,
  messageContent: boolean,
) {
  if (messageContent && !mayReadMessages) {
    return toDifferingFinding(
      'intents',
      `${messageContentIntent} is off, but MESSAGE_CONTENT=on needs it`,
      `turn it on: ${developerPortalUrl}/${applicationId}/bot`,
    );
  }
  return toOkFinding(
    'intents',
    messageContent ? messageContentIntent : 'the bot needs none',
  );
}
