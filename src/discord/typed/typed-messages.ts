import {
  type Client,
  DiscordAPIError,
  GatewayDispatchEvents,
  MessageFlags,
  MessageType,
  RESTJSONErrorCodes,
} from 'discord.js';
import { toRecord } from '#src/base/json.ts';
import { watchDeleted } from '#src/discord/captions/discord-caption-chats.ts';
import { readContent, replaceMentions } from '#src/discord/message-content.ts';
import type { Outbox } from '#src/discord/outbox/outbox.ts';
import { createUnwrittenError } from '#src/discord/outbox/write-failure.ts';
import type { TypedMessageListener, TypedMessages } from '#src/ports/typed-messages.ts';
import { maxMessageChars, toPostedText, truncate } from '#src/texts/plain-text.ts';

/**
 * Receives messages that mention the bot or reply to it, and all others with the
 * message content intent.
 */
export function openTypedMessages(
  client: Client<true>,
  outbox: Pick<Outbox, 'post'>,
): TypedMessages {
  let listener: TypedMessageListener | undefined;
  client.ws.on(GatewayDispatchEvents.MessageCreate, (data: unknown) => {
    const message = readTyped(data, client);
    if (message) listener?.onWritten(message);
  });
  watchDeleted(client, (messageIds) => listener?.onDeleted(messageIds));
  return {
    setListener(next) {
      listener = next;
    },
    async replyTo({ channelId, guildId, messageId }, text, signal) {
      const known = text.findTextForPlace(channelId);
      if (known === undefined) throw new Error('A reply has words of another channel.');
      const body = {
        content: truncate(toPostedText(known), maxMessageChars),
        allowed_mentions: { parse: [], replied_user: false },
        message_reference: {
          message_id: messageId,
          channel_id: channelId,
          guild_id: guildId,
          fail_if_not_exists: true,
        },
      };
      try {
        await outbox.post(channelId, body, signal);
        return 'sent';
      } catch (cause) {
        signal.throwIfAborted();
        if (isGone(cause)) return 'deleted';
        throw createUnwrittenError('reply to a typed question', cause);
      }
    },
  };
}

/**
 * Tests whether a replied message or its channel is gone. Source: Discord docs, "JSON
 * Error Codes", "Message Reference".
 */
function isGone(cause: unknown) {
  if (!(cause instanceof DiscordAPIError)) return false;
  const { UnknownMessage, UnknownChannel, InvalidFormBodyOrContentType } =
    RESTJSONErrorCodes;
  if (cause.code === UnknownMessage || cause.code === UnknownChannel) return true;
  return (
    cause.code === InvalidFormBodyOrContentType &&
    /message_reference/.test(cause.message)
  );
}

/** Undefined outside a server, or for any other message. */
function readTyped(data: unknown, { guilds, user: { id: botId } }: Client<true>) {
  const { id, channel_id: channelId, guild_id: guildId, ...rest } = toRecord(data);
  const author = toRecord(rest.author);
  if (typeof id !== 'string' || typeof channelId !== 'string') return undefined;
  if (typeof guildId !== 'string' || typeof author.id !== 'string') return undefined;
  const isUsual = rest.type === MessageType.Default || rest.type === MessageType.Reply;
  if (!isUsual || author.id === botId) return undefined;
  const mentions = Array.isArray(rest.mentions) ? rest.mentions.map(toRecord) : [];
  const names = new Map(
    mentions.map((one) => [`${one.id}`, `${one.global_name ?? one.username}`]),
  );
  names.set(botId, ' '); // its own mention is no word
  // Source: Discord docs, "Message Snapshot Object".
  const { 0: snapshot } = toRecord(rest.message_snapshots);
  const { message: forwarded } = toRecord(snapshot);
  const content = readContent(rest, forwarded, false);
  const { nick, roles } = toRecord(rest.member);
  const name = [nick, author.global_name, author.username].find(
    (one) => typeof one === 'string',
  );
  return {
    content: {
      ...content,
      text: replaceMentions(content.text, guilds.cache.get(guildId), names)
        .replace(/\s+/g, ' ')
        .trim(),
    },
    guildId,
    channelId,
    messageId: id,
    author: {
      id: author.id,
      name: `${name ?? ''}`,
      isBot: author.bot === true,
      roleIds: Array.isArray(roles) ? roles.map(String) : [],
    },
    isWebhook: typeof rest.webhook_id === 'string',
    isMention: mentions.some((one) => one.id === botId),
    isVoiceMessage:
      content.recording && (Number(rest.flags) & MessageFlags.IsVoiceMessage) !== 0,
    isHidden: isEmpty(toRecord(forwarded ?? rest)),
  };
}

/**
 * Tests whether Discord emptied a message, as without the message content intent.
 * Source: Discord docs, "Gateway".
 */
function isEmpty({
  content,
  sticker_items: stickers,
  ...rest
}: Readonly<Record<string, unknown>>) {
  const lists = [rest.attachments, rest.components, rest.embeds, stickers];
  return (
    content === '' && lists.every((one) => !toRecord(one)[0]) && rest.poll === undefined
  );
}
