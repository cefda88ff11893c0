import {
  type Channel,
  type Client,
  DiscordAPIError,
  type RESTPostAPIChannelMessageJSONBody,
  Routes,
} from 'discord.js';
import { BotError, messageOf } from '#src/base/errors.ts';
import type { Button } from '#src/conversation/command.ts';
import type { VoiceChannelChatPoster } from '#src/conversation/ports/voice-channel-chat-poster.ts';
import type { ChannelRef } from '#src/conversation/ports/voice-link.ts';
import { messageWith, rowsOf } from '#src/discord/interactions/rendering.ts';
import { networkCodeOf } from '#src/discord/network-errors.ts';
import { newNonce, nonceOf } from '#src/discord/nonce.ts';
import { mayWriteIn } from '#src/discord/permissions.ts';
import { cut, maxMessageChars, posted } from '#src/texts/plain.ts';
import { localeOf } from '#src/texts/texts.ts';
import type { Outbox } from './outbox.ts';
import type { PanelReplies } from './panels.ts';

type MessageRequest = Pick<RESTPostAPIChannelMessageJSONBody, 'content'> &
  Readonly<Record<string, unknown>>;

/**
 * Writes into the chat that belongs to a voice channel. Where that is gone or closed to it, a given text goes beside the panel of its
 * server, and what is personal or said in the channel nowhere.
 */
export function openChannelMessages(
  client: Client<true>,
  panels: Pick<PanelReplies, 'placeIn'>,
  presses: ReadonlyMap<string, Button>,
  outbox: Pick<Outbox, 'put'>,
): VoiceChannelChatPoster {
  const channelOf = (id = '') => client.channels.cache.get(id);
  const localeIn = (guildId: string) =>
    localeOf(client.guilds.cache.get(guildId)?.preferredLocale ?? '');
  const placeOf = ({ channelId, guildId, name }: ChannelRef, isGiven: boolean) => {
    const own = channelOf(channelId);
    const beside = isGiven ? channelOf(panels.placeIn(guildId)?.channelId) : undefined;
    const channel = own && (mayWrite(own) || !beside) ? own : beside;
    if (!channel?.isSendable()) throw forbidden(name);
    return channel;
  };
  const send = async (
    where: ChannelRef,
    message: MessageRequest,
    signal: AbortSignal,
    channel = placeOf(where, false),
  ): Promise<void> => {
    const { name } = where;
    const route = Routes.channelMessages(channel.id);
    const body = { nonce: newNonce(), ...message, enforce_nonce: true };
    const post = (until: AbortSignal) => client.rest.post(route, { body, signal: until });
    try {
      await outbox.put(channel.id, post, signal);
    } catch (cause) {
      signal.throwIfAborted();
      throw unwritten(name, cause);
    }
  };
  return {
    async write(where, text, signal) {
      const place = placeOf(where, text.owner === 'given');
      const shown = text.textIn(place.id);
      if (shown === undefined) throw forbidden(where.name);
      const content = cut(posted(shown), maxMessageChars);
      await send(where, { content, allowed_mentions: { parse: [] } }, signal, place);
    },
    async notify(where, lines, signal, buttons = []) {
      const shown = lines.map(({ personId, text }) => `<@${personId}> ${posted(text)}`);
      const users = [...new Set(lines.map(({ personId }) => personId))];
      const content = cut(shown.join('\n'), maxMessageChars);
      const ids = lines.flatMap(({ id }) => id ?? []);
      const once = ids.length === lines.length && { nonce: nonceOf(ids) };
      const components = [...rowsOf(buttons, localeIn(where.guildId), presses)];
      const pressed = components.length > 0 && { components };
      const message = { content, allowed_mentions: { users }, ...once, ...pressed };
      await send(where, message, signal);
    },
    async offer(where, line, buttons, signal) {
      const locale = localeIn(where.guildId);
      const components = [...rowsOf(buttons, locale, presses)];
      const { content, allowedMentions } = messageWith([line], locale);
      const message = { content, allowed_mentions: allowedMentions, components };
      await send(where, message, signal);
    },
  };
}

/** True where the bot may write, as far as is known. */
function mayWrite(channel: Channel): boolean {
  return !('permissionsFor' in channel) || mayWriteIn(channel) !== false;
}

function unwritten(name: string, cause: unknown): BotError {
  if (cause instanceof BotError) return cause;
  if (cause instanceof DiscordAPIError) return forbidden(name, cause);
  const why = networkCodeOf(cause) || messageOf(cause);
  const message = `Nothing could be written in ${name}: Discord could not be reached (${why}).`;
  return new BotError('discord.unreachable', true, message, cause);
}

function forbidden(name: string, cause?: unknown): BotError {
  const message = `Nothing could be written in ${name}: may the bot send messages there?`;
  return new BotError('discord.forbidden', false, message, cause);
}
