import type { Guild, GuildTextBasedChannel } from 'discord.js';
import { renderSentence } from '#src/discord/interactions/rendering.ts';
import { type Outbox, toNonce } from '#src/discord/outbox/outbox.ts';
import { type TextLine, toLocale } from '#src/texts/texts.ts';
import { mayWriteIn } from './permissions.ts';

const sayMs = 5_000;

/**
 * Resolves to the cause of a failure, or undefined. Sent twice within minutes, the sentence
 * appears once. Never throws.
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

/** Prefers the system channel, then the first writable text channel, then a voice chat. */
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
