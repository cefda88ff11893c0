import type { Channel, Client } from 'discord.js';
import { BotError } from '#src/base/errors.ts';
import { messageWith, rowsOf } from '#src/discord/interactions/rendering.ts';
import { nonceOf, type Outbox, type RestBody, restBody } from '#src/discord/outbox/outbox.ts';
import { unwritten } from '#src/discord/outbox/write-failure.ts';
import { mayWriteIn } from '#src/discord/permissions.ts';
import { localeIn } from '#src/discord/places.ts';
import type { Button } from '#src/features/command.ts';
import type { PanelBoard } from '#src/ports/panel.ts';
import type { VoiceChannelChatPoster } from '#src/ports/voice-channel-chat-poster.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import { cut, maxMessageChars, posted } from '#src/texts/plain.ts';

/**
 * Writes into the chat that belongs to a voice channel. Where that is gone or closed to it, a given text goes beside the panel of its
 * server, and what is personal or said in the channel nowhere. Writes direct messages, too.
 */
export function openChannelMessages(
  client: Client<true>,
  panels: Pick<PanelBoard, 'placeIn'>,
  presses: ReadonlyMap<string, Button>,
  outbox: Pick<Outbox, 'post'>,
): VoiceChannelChatPoster {
  const channelOf = (id = '') => client.channels.cache.get(id);
  const placeOf = ({ channelId, guildId, name }: ChannelRef, isGiven: boolean) => {
    const own = channelOf(channelId);
    const beside = isGiven ? channelOf(panels.placeIn(guildId)?.channelId) : undefined;
    const isBarred = own && 'permissionsFor' in own && mayWriteIn(own) === false;
    const channel = isBarred ? (beside ?? own) : (own ?? beside);
    if (!channel?.isSendable()) throw forbidden(name);
    return channel;
  };
  const send = async (
    where: ChannelRef,
    body: RestBody,
    signal: AbortSignal,
    channel: Pick<Channel, 'id'> | Promise<Pick<Channel, 'id'>> = placeOf(where, false),
  ): Promise<void> => {
    try {
      const { id } = await channel;
      await outbox.post(id, body, signal);
    } catch (cause) {
      signal.throwIfAborted();
      throw unwritten(where.name, cause);
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
      const components = rowsOf(buttons, localeIn(client, where.guildId), presses);
      await send(where, { content, allowed_mentions: { users }, components, ...once }, signal);
    },
    async tell(personId, text, signal, id) {
      const own = await text.textFor(personId, async () => false);
      if (own === undefined) throw forbidden(direct.name);
      const content = cut(posted(own), maxMessageChars);
      const once = id !== undefined && { nonce: nonceOf([id]) };
      const chat = client.users.createDM(personId);
      await send(direct, { content, allowed_mentions: { parse: [] }, ...once }, signal, chat);
    },
    async offer(where, line, buttons, signal) {
      const locale = localeIn(client, where.guildId);
      const components = rowsOf(buttons, locale, presses);
      await send(where, { ...restBody(messageWith([line], locale)), components }, signal);
    },
  };
}

/** Messages to one person, in errors. */
const direct: ChannelRef = { guildId: '', channelId: '', name: 'a direct message' };

function forbidden(name: string): BotError {
  const message = `Nothing could be written in ${name}: may the bot send messages there?`;
  return new BotError('discord.forbidden', false, message);
}
