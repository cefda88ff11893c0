import type { Guild, GuildTextBasedChannel } from 'discord.js';
import { renderSentence } from '#src/discord/interactions/rendering.ts';
import { type Outbox, toNonce } from '#src/discord/outbox/outbox.ts';
import { type TextLine, toLocale } from '#src/texts/texts.ts';
import { mayWriteMessages } from './permissions.ts';

const sayMs = 5_000;

/**
 * Posts a sentence. Sent twice within minutes, it appears once. Resolves to the cause
 * of a failure. Never throws.
 */
export async function postToServer(
  outbox: Pick<Outbox, 'post'>,
  guild: Guild,
  line: TextLine,
): Promise<unknown> {
  const channel = findCommonChannel(guild);
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

/** Finds the system channel, else a writable text channel, else a voice chat. */
function findCommonChannel({ channels, systemChannel }: Guild) {
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
    channel && mayWriteMessages(channel);
  return mayWrite(systemChannel) && systemChannel ? systemChannel : all.find(mayWrite);
}
