import {
  type Client,
  DiscordAPIError,
  GatewayDispatchEvents,
  MessageFlags,
  MessageType,
  RESTJSONErrorCodes,
} from 'discord.js';
import {
  type PersonId,
  toChannelId,
  toGuildId,
  toMessageId,
  toPersonId,
  toRoleId,
} from '#src/base/ids.ts';
import { toRecord } from '#src/base/json.ts';
import { watchDeleted } from '#src/discord/captions/discord-caption-chats.ts';
import { readContent, replaceMentions } from '#src/discord/message-content.ts';
import type { Outbox } from '#src/discord/outbox/outbox.ts';
import { createUnwrittenError } from '#src/discord/outbox/write-failure.ts';
import type { Owned } from '#src/people/owned.ts';
import { sealContent } from '#src/ports/authored-content.ts';
import type {
  TypedMessage,
  TypedMessageListener,
  TypedMessages,
} from '#src/ports/typed-messages.ts';
import { maxMessageChars, toPostedText, truncate } from '#src/texts/plain-text.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Receives messages that mention the bot or reply to it, and all others with the
 * message content intent.
 */
export class DiscordTypedMessages implements TypedMessages {
  readonly #outbox;
  #listener: TypedMessageListener | undefined;

  constructor(client: Client<true>, outbox: Pick<Outbox, 'post'>) {
    this.#outbox = outbox;
    client.ws.on(GatewayDispatchEvents.MessageCreate, (data: unknown) => {
      const message = readTypedMessage(data, client);
      if (message) this.#listener?.onWritten(message);
    });
    watchDeleted(client, (messageIds) => this.#listener?.onDeleted(messageIds));
  }

  /** Sets the listener in place of the former one. Until then messages are ignored. */
  setListener(listener: TypedMessageListener): void {
    this.#listener = listener;
  }

  /** Replies without a ping, cut at 2,000 characters. Throws BotError `discord.*`. */
  async replyTo(
    {
      channelId,
      guildId,
      messageId,
    }: Pick<TypedMessage, 'guildId' | 'channelId' | 'messageId'>,
    text: Owned<string>,
    signal: AbortSignal,
  ): Promise<'sent' | 'deleted'> {
    const openContent = () =>
      text
        .map((plainText) => truncate(toPostedText(plainText), maxMessageChars))
        .findForPlace(channelId);
    if (openContent() === undefined && !text.isErased)
      throw new Error('A reply has words of another channel.');
    const body = {
      content: '',
      allowed_mentions: { parse: [], replied_user: false },
      message_reference: {
        message_id: messageId,
        channel_id: channelId,
        guild_id: guildId,
        fail_if_not_exists: true,
      },
    };
    try {
      await this.#outbox.post(channelId, body, signal, openContent);
      return 'sent';
    } catch (cause) {
      signal.throwIfAborted();
      if (isGone(cause)) return 'deleted';
      throw createUnwrittenError('reply to a typed question', cause);
    }
  }
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

/** Reads a message. Undefined outside a server, or for a notice of Discord or the bot's own. */
function readTypedMessage(
  data: unknown,
  { guilds, user }: Client<true>,
): TypedMessage | undefined {
  const {
    id: messageId,
    channel_id: channelId,
    guild_id: guildId,
    ...message
  } = toRecord(data);
  const author = toRecord(message.author);
  if (typeof messageId !== 'string' || typeof channelId !== 'string') return undefined;
  if (typeof guildId !== 'string' || typeof author.id !== 'string') return undefined;
  const botId = toPersonId(user.id);
  if (!isWrittenByPeople(message) || author.id === botId) return undefined;
  const mentions = Array.isArray(message.mentions) ? message.mentions : [];
  const mentionedUsers = mentions.map(toRecord);
  // Source: Discord docs, "Message Snapshot Object".
  const { 0: snapshot } = toRecord(message.message_snapshots);
  const { message: forwarded } = toRecord(snapshot);
  const content = readContent(message, forwarded, false);
  const names = mapNames(mentionedUsers, botId);
  const text = replaceMentions(content.text, guilds.cache.get(guildId), names);
  return {
    content: sealContent({ ...content, text: text.replace(/\s+/g, ' ').trim() }),
    guildId: toGuildId(guildId),
    channelId: toChannelId(channelId),
    messageId: toMessageId(messageId),
    author: toAuthor(toPersonId(author.id), author, toRecord(message.member)),
    isWebhook: typeof message.webhook_id === 'string',
    isMention: mentionedUsers.some(({ id }) => id === botId),
    isVoiceMessage:
      content.recording && (Number(message.flags) & MessageFlags.IsVoiceMessage) !== 0,
    isHidden: isEmpty(toRecord(forwarded ?? message)),
  };
}

function isWrittenByPeople({ type }: Fields) {
  return type === MessageType.Default || type === MessageType.Reply;
}

function mapNames(mentionedUsers: readonly Fields[], botId: PersonId) {
  const names = new Map<PersonId, string>(
    mentionedUsers.map((user) => [
      toPersonId(`${user.id}`),
      `${user.global_name ?? user.username}`,
    ]),
  );
  names.set(botId, ' '); // its own mention is no word
  return names;
}

function toAuthor(id: PersonId, author: Fields, { nick, roles }: Fields) {
  const name = [nick, author.global_name, author.username].find(
    (candidate) => typeof candidate === 'string',
  );
  return {
    id,
    name: `${name ?? ''}`,
    isBot: author.bot === true,
    roleIds: Array.isArray(roles) ? roles.map((role) => toRoleId(`${role}`)) : [],
  };
}

/**
 * Tests whether Discord emptied a message, as without the message content intent.
 * Source: Discord docs, "Gateway".
 */
function isEmpty({
  attachments,
  components,
  content,
  embeds,
  poll,
  sticker_items: stickers,
}: Fields) {
  const lists = [attachments, components, embeds, stickers];
  return (
    content === '' && lists.every((list) => !toRecord(list)[0]) && poll === undefined
  );
}
