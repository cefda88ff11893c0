import type { Client, MessageCreateOptions } from 'discord.js';
import { BotError } from '#src/base/errors.ts';
import type { Press } from '#src/session/command.ts';
import type { ChannelRef } from '#src/session/link.ts';
import type { Scribe } from '#src/session/scribe.ts';
import { localeOf } from '#src/texts/texts.ts';
import type { PanelDesk } from './panels.ts';
import { cut, harmless, maxMessageChars } from './plain.ts';
import { messageWith, rowsOf } from './rendering.ts';

/** Writes into the chat that belongs to a voice channel; where that is gone, beside the panel of its server. */
export function openScribe(
  client: Client<true>,
  panels: Pick<PanelDesk, 'placeIn'>,
  presses: ReadonlyMap<string, Press>,
): Scribe {
  const channelOf = (id = '') => client.channels.cache.get(id);
  const send = async (
    { channelId, guildId, name }: ChannelRef,
    message: MessageCreateOptions,
  ): Promise<void> => {
    const channel = channelOf(channelId) ?? channelOf(panels.placeIn(guildId)?.channelId);
    if (!channel?.isSendable()) throw unwritten(name);
    try {
      await channel.send(message);
    } catch (cause) {
      throw unwritten(name, cause);
    }
  };
  return {
    async write(where, text) {
      const content = cut(harmless(text), maxMessageChars);
      await send(where, { content, allowedMentions: { parse: [] } });
    },
    async offer(where, line, buttons) {
      const locale = localeOf(client.guilds.cache.get(where.guildId)?.preferredLocale ?? '');
      const components = [...rowsOf(buttons, locale, presses)];
      const { content, allowedMentions } = messageWith([line], locale);
      await send(where, { content, allowedMentions, components });
    },
  };
}

function unwritten(name: string, cause?: unknown): BotError {
  const message = `Nothing could be written in ${name}: may the bot send messages there?`;
  return new BotError('discord.forbidden', false, message, cause);
}
