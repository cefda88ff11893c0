import {
  type Client,
  DiscordAPIError,
  GatewayDispatchEvents,
  RESTJSONErrorCodes,
  Routes,
} from 'discord.js';
import { BotError } from '#src/base/errors.ts';
import { watchDeleted } from '#src/discord/captions/deleted-messages.ts';
import { newNonce } from '#src/discord/nonce.ts';
import type { Outbox } from '#src/discord/panel/outbox.ts';
import { placeReading } from '#src/people/confidential-text.ts';
import type { TypedMessageListener, TypedMessages } from '#src/session/ports/typed-messages.ts';
import { cut, maxMessageChars, posted } from '#src/texts/plain.ts';
import { readTyped } from './read-typed.ts';

/** Messages of which a second copy, as after a gateway that came back, is known as one. */
const mostKnown = 200;

/**
 * Messages in channels where the bot may read, as the gateway tells them: their text, where they mention the bot or reply to
 * it with a ping, and of all others where Discord grants the message content intent.
 */
export function openTypedMessages(
  client: Client<true>,
  outbox: Pick<Outbox, 'put'>,
): TypedMessages & Disposable {
  let listener: TypedMessageListener | undefined;
  const known = new Set<string>();
  const onMessage = (data: unknown) => {
    const message = readTyped(data, client.user.id);
    if (!message || known.has(message.messageId)) return;
    known.add(message.messageId);
    const [oldest = ''] = known;
    if (known.size > mostKnown) known.delete(oldest);
    listener?.written(message);
  };
  client.ws.on(GatewayDispatchEvents.MessageCreate, onMessage);
  const unwatch = watchDeleted(client, (gone) => {
    if (gone.kind === 'messages') listener?.deleted(gone.messageIds);
  });
  return {
    listen(next) {
      listener = next;
    },
    async reply({ channelId, guildId, messageId }, text, signal) {
      const known = text.textFor(placeReading(channelId));
      if (known === undefined) return 'withheld';
      const body = {
        content: cut(posted(known), maxMessageChars),
        allowed_mentions: { parse: [], replied_user: false },
        message_reference: {
          message_id: messageId,
          channel_id: channelId,
          guild_id: guildId,
          fail_if_not_exists: true,
        },
        nonce: newNonce(),
        enforce_nonce: true,
      };
      const post = (until: AbortSignal) =>
        client.rest.post(Routes.channelMessages(channelId), { body, signal: until });
      try {
        await outbox.put(channelId, post, signal);
        return 'sent';
      } catch (cause) {
        signal.throwIfAborted();
        if (isGone(cause)) return 'deleted';
        throw unreplied(cause);
      }
    },
    [Symbol.dispose]() {
      client.ws.off(GatewayDispatchEvents.MessageCreate, onMessage);
      unwatch();
    },
  };
}

/** The message or its channel is not there any more. Source: Discord docs, "JSON Error Codes", "Message Reference". */
function isGone(cause: unknown): boolean {
  if (!(cause instanceof DiscordAPIError)) return false;
  const { UnknownMessage, UnknownChannel, InvalidFormBodyOrContentType } = RESTJSONErrorCodes;
  if (cause.code === UnknownMessage || cause.code === UnknownChannel) return true;
  return cause.code === InvalidFormBodyOrContentType && /message_reference/.test(cause.message);
}

function unreplied(cause: unknown): BotError {
  if (cause instanceof BotError) return cause;
  const isRefused = cause instanceof DiscordAPIError;
  const code = isRefused ? 'discord.forbidden' : 'discord.unreachable';
  const why = isRefused ? 'may the bot send messages there?' : 'Discord could not be reached.';
  return new BotError(code, !isRefused, `A typed question was not replied to: ${why}`, cause);
}
