import {
  ChannelType,
  type Client,
  type GuildBasedChannel,
  type PermissionFlagsBits,
  PermissionFlagsBits as Rights,
} from 'discord.js';
import { BotError } from '#src/base/errors.ts';
import { permissionsIn } from '#src/discord/permissions.ts';
import { textOr } from '#src/discord/text-or.ts';

type Right = keyof typeof PermissionFlagsBits;

/** As Discord's own settings name them. */
const names: Readonly<Partial<Record<Right, string>>> = {
  ViewChannel: 'View Channel',
  Connect: 'Connect',
  SendMessages: 'Send Messages',
  ReadMessageHistory: 'Read Message History',
  CreatePublicThreads: 'Create Public Threads',
  SendMessagesInThreads: 'Send Messages in Threads',
};

/** The chat of a voice channel takes nothing from people who may not enter it. Source: Discord docs, "Permissions". */
const inVoiceChat: readonly Right[] = ['ViewChannel', 'Connect', 'SendMessages'];
const inThreadOf: readonly Right[] = [
  'ViewChannel',
  'CreatePublicThreads',
  'SendMessagesInThreads',
];

/** Throws BotError `discord.forbidden` where the bot lacks what it needs to write captions there; `asThread`: in a new thread. */
export function demandRights(channel: GuildBasedChannel, asThread: boolean): void {
  const name = textOr(channel.name, channel.id);
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
  const message = `Captions cannot be written in ${name}: the bot lacks the permission ${names[right] ?? right} there.`;
  throw new BotError('discord.forbidden', false, message);
}

/** Whether a member may read a channel or thread now; false where Discord told too little to know. */
export function mayReadChannel(
  client: Client<true>,
  channel: GuildBasedChannel,
  personId: string,
): boolean {
  const home = channel.isThread() ? channel.parent : channel;
  const member = channel.guild.members.cache.get(personId);
  if (!home || !member || channel.type === ChannelType.PrivateThread) return false;
  if (!client.guilds.cache.get(channel.guildId)?.available) return false;
  const needed = [Rights.ViewChannel, Rights.ReadMessageHistory];
  if (home.isVoiceBased()) needed.push(Rights.Connect);
  return permissionsIn(home, member)?.has(needed) === true;
}
