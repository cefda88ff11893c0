import type { Guild, GuildTextBasedChannel } from 'discord.js';
import { renderSentence } from '#src/discord/interactions/rendering.ts';
import { type Outbox, toNonce } from '#src/discord/outbox/outbox.ts';
import { type TextLine, toLocale } from '#src/texts/texts.ts';
import { mayWriteIn } from './permissions.ts';

/** Longest time, in ms, in which the message is to leave. */
const sayMs = 5_000;

/**
 * Writes a sentence for the whole server, in its language; sent twice within minutes, it appears once. Resolves to why it was
 * not written; undefined: it was. Never throws.
 */
export async function postToServer(
  outbox: Pick<Outbox, 'post'>,
  guild: Guild,
  line: TextLine,
): Promise<unknown> {
  const channel = channelForAll(guild);
  if (!channel) return new Error('The bot may write in no channel of the server.');
  const body = {
    content: renderSentence(line, toLocale(guild.preferredLocale)),
    allowed_mentions: { parse: [] },
    nonce: toNonce([guild.id, line.id]),
  };
  try {
    await outbox.post(channel.id, body, AbortSignal.timeout(sayMs));
    return undefined;
  } catch (cause) {
    return cause;
  }
}

/**
 * Channel for messages to a whole server: its system channel, else the first text channel where the bot may write, else the
 * chat of a voice channel.
 */
function channelForAll({ channels, systemChannel }: Guild) {
  const all = [...channels.cache.values()]
    .flatMap((channel) =>
      channel.isTextBased() && !channel.isThread() ? [channel] : [],
    )
    .toSorted(
      (one, other) =>
        Number(one.isVoiceBased()) - Number(other.isVoiceBased()) ||
        one.rawPosition - other.rawPosition,
    );
  const mayWrite = (channel: GuildTextBasedChannel | null) =>
    channel && mayWriteIn(channel);
  return mayWrite(systemChannel) && systemChannel ? systemChannel : all.find(mayWrite);
}
