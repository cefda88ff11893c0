import type { Channel, Client } from 'discord.js';
import { BotError } from '#src/base/errors.ts';
import { renderButtonRows, renderLines } from '#src/discord/interactions/rendering.ts';
import {
  type Outbox,
  type RestBody,
  toNonce,
  toRestBody,
} from '#src/discord/outbox/outbox.ts';
import { createUnwrittenError } from '#src/discord/outbox/write-failure.ts';
import { mayWriteMessages } from '#src/discord/permissions.ts';
import { localeIn } from '#src/discord/places.ts';
import type { Button } from '#src/features/command.ts';
import type { PanelBoard } from '#src/ports/panel.ts';
import type { VoiceChannelChatPoster } from '#src/ports/voice-channel-chat-poster.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import { maxMessageChars, toPostedText, truncate } from '#src/texts/plain-text.ts';

/** Opens the chat of voice channels. If closed, a given text goes beside the panel. */
export function openChannelMessages(
  client: Client<true>,
  panels: Pick<PanelBoard, 'placeIn'>,
  presses: ReadonlyMap<string, Button>,
  outbox: Pick<Outbox, 'post'>,
): VoiceChannelChatPoster {
  const findChannel = (id = '') => client.channels.cache.get(id);
  const toMessagePlace = (
    { channelId, guildId, name }: ChannelRef,
    isGiven: boolean,
  ) => {
    const own = findChannel(channelId);
    const beside = isGiven
      ? findChannel(panels.placeIn(guildId)?.channelId)
      : undefined;
    const isBarred = own && 'permissionsFor' in own && mayWriteMessages(own) === false;
    const channel = isBarred ? (beside ?? own) : (own ?? beside);
    if (!channel?.isSendable()) throw createForbiddenError(name);
    return channel;
  };
  const sendBody = async (
    where: ChannelRef,
    body: RestBody,
    signal: AbortSignal,
    channel?: Pick<Channel, 'id'> | Promise<Pick<Channel, 'id'>>,
  ) => {
    try {
      const { id } = await (channel ?? toMessagePlace(where, false));
      await outbox.post(id, body, signal);
    } catch (cause) {
      signal.throwIfAborted();
      throw createUnwrittenError(where.name, cause);
    }
  };
  const renderButtons = (buttons: readonly string[], { guildId }: ChannelRef) =>
    renderButtonRows(buttons, localeIn(client, guildId), presses);
  return {
    async writeText(where, text, signal) {
      const place = toMessagePlace(where, text.owner === 'given');
      const shown = text.findTextForPlace(place.id);
      if (shown === undefined) throw createForbiddenError(where.name);
      const content = truncate(toPostedText(shown), maxMessageChars);
      await sendBody(
        where,
        { content, allowed_mentions: { parse: [] } },
        signal,
        place,
      );
    },
    async notifyPeople(where, lines, signal, buttons = []) {
      const shown = lines.map(
        ({ personId, text }) => `<@${personId}> ${toPostedText(text)}`,
      );
      const users = [...new Set(lines.map(({ personId }) => personId))];
      const content = truncate(shown.join('\n'), maxMessageChars);
      const ids = lines.flatMap(({ id }) => id ?? []);
      const once = ids.length === lines.length && { nonce: toNonce(ids) };
      const components = renderButtons(buttons, where);
      await sendBody(
        where,
        { content, allowed_mentions: { users }, components, ...once },
        signal,
      );
    },
    async tellPerson(personId, text, signal, id) {
      const own = await text.findTextForPerson(personId, async () => false);
      if (own === undefined) throw createForbiddenError(directMessageRef.name);
      const content = truncate(toPostedText(own), maxMessageChars);
      const once = id !== undefined && { nonce: toNonce([id]) };
      await sendBody(
        directMessageRef,
        { content, allowed_mentions: { parse: [] }, ...once },
        signal,
        client.users.createDM(personId),
      );
    },
    async offerButtons(where, line, buttons, signal) {
      const body = toRestBody(renderLines([line], localeIn(client, where.guildId)));
      const components = renderButtons(buttons, where);
      await sendBody(where, { ...body, components }, signal);
    },
  };
}

const directMessageRef = {
  guildId: '',
  channelId: '',
  name: 'a direct message',
};

function createForbiddenError(name: string) {
  return new BotError(
    'discord.forbidden',
    false,
    `Nothing could be written in ${name}: may the bot send messages there?`,
  );
}
