import {
  ChannelType,
  type Client,
  type GuildBasedChannel,
  PermissionFlagsBits as Rights,
} from 'discord.js';
import { BotError } from '#src/base/errors.ts';
import { type NeededRight, rightNames } from '#src/discord/account/rights.ts';
import { openRights, permissionsIn } from '#src/discord/permissions.ts';
import { oneLine } from '#src/texts/plain.ts';

/** The chat of a voice channel takes nothing from people who may not enter it. Source: Discord docs, "Permissions". */
const inVoiceChat: readonly NeededRight[] = ['ViewChannel', 'Connect', 'SendMessages'];
const inThreadOf: readonly NeededRight[] = [
  'ViewChannel',
  'CreatePublicThreads',
  'SendMessagesInThreads',
];

/** Throws BotError `discord.forbidden` where the bot lacks what it needs to write captions there; `asThread`: in a new thread. */
export function demandRights(channel: GuildBasedChannel, asThread: boolean): void {
  const name = oneLine(channel.name);
  const isFit = asThread ? channel.type === ChannelType.GuildText : channel.isVoiceBased();
  if (!isFit) {
    const why = asThread ? `${name} is no text channel` : `${name} has no chat`;
    throw new BotError('discord.forbidden', false, `Captions cannot be written: ${why}.`);
  }
  const { me } = channel.guild.members;
  const mine = me && permissionsIn(channel, me);
  // A bot without a single right is rather one of whose rights the server told nothing.
  if (!mine || mine.bitfield === 0n) return;
  const missing = (asThread ? inThreadOf : inVoiceChat).filter((right) => !mine.has(Rights[right]));
  const [right] = missing;
  if (right === undefined) return;
  const message = `Captions cannot be written in ${name}: the bot does not have the permission ${rightNames[right]} there.`;
  throw new BotError('discord.forbidden', false, message);
}

/** Whether a member may open a voice channel now and read its history; false where Discord told too little to know. */
export function mayOpenChannel(
  client: Client<true>,
  channel: GuildBasedChannel,
  personId: string,
): boolean {
  const member = channel.guild.members.cache.get(personId);
  if (!member || !channel.isVoiceBased()) return false;
  if (!client.guilds.cache.get(channel.guildId)?.available) return false;
  return permissionsIn(channel, member)?.has(openRights) === true;
}
