import type { Guild, GuildTextBasedChannel } from 'discord.js';
import { toChannelId } from '#src/base/ids.ts';
import { renderSentence } from '#src/discord/interactions/rendering.ts';
import { type Outbox, toNonce } from '#src/discord/outbox/outbox.ts';
import { type TextLine, toLocale } from '#src/texts/texts.ts';
import { mayWriteMessages } from './permissions.ts';

const postMs = 5_000;

/**
 * Posts a sentence where many people of a server read it. Sent twice within minutes, it
 * appears once. Resolves to the cause of a failure. Never throws.
 */
export async function postToServer(
  outbox: Pick<Outbox, 'post'>,
  guild: Guild,
  textLine: TextLine,
): Promise<unknown> {
  const channel = findCommonChannel(guild);
  if (!channel) return new Error('The bot may write in no channel of the server.');
  const body = {
    content: renderSentence(textLine, toLocale(guild.preferredLocale)),
    allowed_mentions: { parse: [] },
    nonce: toNonce([guild.id, textLine.id]),
  };
  try {
    await outbox.post(toChannelId(channel.id), body, AbortSignal.timeout(postMs));
    return undefined;
  } catch (cause) {
    return cause;
  }
}

/** Finds the system channel, else a writable text channel, else a voice chat. */
function findCommonChannel({ channels, systemChannel }: Guild) {
  const textChannels = [...channels.cache.values()]
    .flatMap((channel) =>
      channel.isTextBased() && !channel.isThread() ? [channel] : [],
    )
    .toSorted(
      (a, b) =>
        Number(a.isVoiceBased()) - Number(b.isVoiceBased()) ||
        a.rawPosition - b.rawPosition,
    );
  const mayWrite = (channel: GuildTextBasedChannel | null) =>
    channel && mayWriteMessages(channel);
  return mayWrite(systemChannel) && systemChannel
    ? systemChannel
    : textChannels.find(mayWrite);
}
