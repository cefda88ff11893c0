import type { DiscordPlace } from '#doctor/discord/examine-discord.ts';
import { differs, missing, type ReportLine } from '#doctor/finding.ts';
import { type Account, readAccount, readGuildNames } from '#src/discord/account/account.ts';
import type { AccountRest } from '#src/discord/account/account-rest.ts';
import {
  type ChannelRights,
  type GuildRights,
  readGuildRights,
  readSeat,
  readVoicePlace,
} from '#src/discord/account/guild-rights.ts';

/** Channel as the operator named it; without ids: where the operator sits. */
export type WantedPlace = { readonly guildId?: string; readonly channelId?: string };

/** The channel to check, with the bot's rights in its server. */
export type LivePlace = {
  readonly account: Account;
  readonly guild: GuildRights;
  readonly channel: ChannelRights;
};

const what = 'channel';
/** Most servers in which the operator is looked for. */
const mostGuilds = 50;
const naming =
  'right-click the channel, Copy Link, and run npm run doctor -- --live LINK, or --live SERVER_ID/CHANNEL_ID';

/** Finds the channel by REST, without a login, or says why it cannot be checked. Errors and abort: as `AccountRest.read`. */
export async function findPlace(
  rest: AccountRest,
  wanted: WantedPlace,
  { guildId: ownGuildId }: Pick<DiscordPlace, 'guildId'>,
  signal: AbortSignal,
): Promise<LivePlace | ReportLine> {
  const account = await readAccount(rest, signal);
  const named = await namedPlace(rest, wanted, account, ownGuildId, signal);
  if (!named) {
    const isNamed = wanted.channelId !== undefined;
    const why = isNamed
      ? 'the bot cannot see this voice channel'
      : 'you are in no voice channel of a server where the bot is';
    const mend = isNamed
      ? `${naming}; allow View Channel for the bot's role`
      : `join a voice channel, or name one: ${naming}`;
    return missing(what, why, mend);
  }
  const { guildId, channelId } = named;
  const names = await readGuildNames(rest, signal);
  if (!names.some(({ id }) => id === guildId))
    return missing(
      what,
      'the bot is not in that server',
      'open the invite link: npm run doctor prints it',
    );
  const guild = await readGuildRights(rest, { guildId, botId: account.botId }, signal);
  const channel = guild.channels.find(({ id }) => id === channelId);
  if (!channel) return missing(what, 'that server does not have this voice channel', naming);
  const seat = await readSeat(rest, { guildId }, signal);
  if (seat === undefined) return { account, guild, channel };
  return differs(
    what,
    'not started: another process with this token is already in a voice channel of that server',
    'stop that process and wait a minute, then try again',
  );
}

async function namedPlace(
  rest: AccountRest,
  { guildId, channelId }: WantedPlace,
  { owners }: Account,
  ownGuildId: string | undefined,
  signal: AbortSignal,
): Promise<{ readonly guildId: string; readonly channelId: string } | undefined> {
  if (guildId !== undefined && channelId !== undefined) return { guildId, channelId };
  if (channelId !== undefined) return await readVoicePlace(rest, channelId, signal);
  const names = await readGuildNames(rest, signal);
  const ids = ownGuildId === undefined ? names.map(({ id }) => id) : [ownGuildId];
  for (const id of ids.slice(0, mostGuilds)) {
    for (const owner of owners) {
      const seat = await readSeat(rest, { guildId: id, userId: owner.id }, signal);
      if (seat !== undefined) return { guildId: id, channelId: seat };
    }
  }
  return undefined;
}
