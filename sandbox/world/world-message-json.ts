import { type Dispatch, intents } from '#sandbox/gateway/gateway-wire.ts';
import { mentionsJson } from './message-mentions.ts';
import { placeOf, type World } from './world.ts';
import { attachmentJson } from './world-attachments.ts';
import { type Json, userJson } from './world-json.ts';
import { type BoardMessage, type MessageChange, messageFlags } from './world-messages.ts';

/** Source: Discord docs, "Message Types". */
const messageTypes = { usual: 0, reply: 19 } as const;

export function messageJson(world: World, message: BoardMessage): Json {
  const guild = placeOf(world, message.channelId)?.guild;
  const author = guild?.members.get(message.authorId)?.user ?? world.bot;
  const { ephemeral, loading } = messageFlags;
  const { replyToId } = message;
  return {
    id: message.id,
    channel_id: message.channelId,
    guild_id: guild?.id ?? world.guild.id,
    type: replyToId === undefined ? messageTypes.usual : messageTypes.reply,
    author: userJson(author),
    content: message.text,
    timestamp: message.postedAt,
    edited_timestamp: message.editedAt,
    tts: false,
    pinned: false,
    ...mentionsJson(guild, message.pings),
    embeds: message.embeds,
    components: message.components,
    attachments: message.files.map(attachmentJson),
    flags: message.flags | (message.ephemeral ? ephemeral : 0) | (message.loading ? loading : 0),
    ...(replyToId !== undefined && {
      message_reference: { message_id: replyToId, channel_id: message.channelId },
    }),
  };
}

/** Event that tells the bot of a change; without the message content intent, only the author and the channel. */
export function messageEvent(
  world: World,
  { kind, message, together }: MessageChange,
): Dispatch | undefined {
  const { id, channelId } = message;
  if (world.directChannels.has(channelId)) return undefined; // needs an intent of its own
  const intent = intents.messages;
  const guildId = (placeOf(world, channelId)?.guild ?? world.guild).id;
  if (kind === 'deleted' && together) {
    const data = { ids: [...together], channel_id: channelId, guild_id: guildId };
    return id === together.at(-1)
      ? { name: 'MESSAGE_DELETE_BULK', guildId, data, intent }
      : undefined;
  }
  if (kind === 'deleted') {
    const data = { id, channel_id: channelId, guild_id: guildId };
    return { name: 'MESSAGE_DELETE', guildId, data, intent };
  }
  const json = messageJson(world, message);
  const emptied = { ...json, content: '', embeds: [], components: [], attachments: [] };
  const data = (asked: number) =>
    asked & intents.messageContent || isForBot(world, message) ? json : emptied;
  const name = kind === 'posted' ? 'MESSAGE_CREATE' : 'MESSAGE_UPDATE';
  return { name, guildId, data, intent };
}

/** True for messages that the bot may read without the intent: its own, and those that mention it. */
function isForBot({ bot }: World, { authorId, pings }: BoardMessage): boolean {
  return authorId === bot.id || pings.userIds.includes(bot.id);
}
