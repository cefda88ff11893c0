import type { Client } from 'discord.js';
import { BotError } from '#src/base/errors.ts';
import type { Scribe } from '#src/session/scribe.ts';
import type { PanelDesk } from './panels.ts';
import { cut, harmless, maxMessageChars } from './plain.ts';

/** Writes into the chat that belongs to a voice channel; where that is gone, beside the panel of its server. */
export function openScribe(client: Client<true>, panels: Pick<PanelDesk, 'placeIn'>): Scribe {
  const channelOf = (id = '') => client.channels.cache.get(id);
  return {
    async write({ channelId, guildId, name }, text) {
      const channel = channelOf(channelId) ?? channelOf(panels.placeIn(guildId)?.channelId);
      if (!channel?.isSendable()) throw unwritten(name);
      const content = cut(harmless(text), maxMessageChars);
      try {
        await channel.send({ content, allowedMentions: { parse: [] } });
      } catch (cause) {
        throw unwritten(name, cause);
      }
    },
  };
}

function unwritten(name: string, cause?: unknown): BotError {
  const message = `Nothing could be written in ${name}: may the bot send messages there?`;
  return new BotError('discord.forbidden', false, message, cause);
}
