import type { Client } from 'discord.js';
import { BotError } from '#src/base/errors.ts';
import type { Scribe } from '#src/session/scribe.ts';
import { cut, harmless, maxMessageChars } from './plain.ts';

/** Writes into the chat that belongs to a voice channel. */
export function openScribe(client: Client<true>): Scribe {
  return {
    async write({ channelId, name }, text) {
      const channel = client.channels.cache.get(channelId);
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
