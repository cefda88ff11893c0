import type { Guild, GuildChannel, GuildTextBasedChannel } from 'discord.js';
import { localeOf, type TextLine } from '#src/texts/texts.ts';
import { sentence } from './interactions/rendering.ts';
import type { SyncTiming } from './link/timing.ts';
import { nonceOf } from './nonce.ts';
import { mayWriteIn } from './permissions.ts';

/** Longest wait, in ms, until the caller goes on; the message may still arrive. */
const sayMs = 5_000;

/**
 * Writes a sentence for the whole server, in its language; sent twice within minutes, it appears once. Resolves to why it was
 * not written; undefined: it was, or is on its way. Never throws.
 */
export async function postToServer(
  guild: Guild,
  line: TextLine,
  timing: SyncTiming,
): Promise<unknown> {
  const late = Promise.withResolvers<undefined>();
  const forget = timing.later(sayMs, () => late.resolve(undefined));
  try {
    const channel = channelForAll(guild);
    if (!channel) return new Error('The bot may write in no channel of the server.');
    const content = sentence(line, localeOf(guild.preferredLocale));
    const nonce = nonceOf([guild.id, line.id]);
    const sending = channel.send({ content, nonce, enforceNonce: true }).then(
      () => undefined,
      (cause: unknown) => cause,
    );
    return await Promise.race([sending, late.promise]);
  } catch (cause) {
    return cause;
  } finally {
    forget();
  }
}

/**
 * Channel for messages to a whole server: its system channel, else the first text channel where the bot may write, else the
 * chat of a voice channel.
 */
function channelForAll({ channels, systemChannel }: Guild): GuildTextBasedChannel | undefined {
  const all = [...channels.cache.values()]
    .flatMap((channel) => (channel.isTextBased() && !channel.isThread() ? [channel] : []))
    .toSorted(
      (one, other) =>
        Number(one.isVoiceBased()) - Number(other.isVoiceBased()) ||
        categoryPlace(one) - categoryPlace(other) ||
        one.rawPosition - other.rawPosition,
    );
  return [...(systemChannel ? [systemChannel] : []), ...all].find(
    (channel) => mayWriteIn(channel) === true,
  );
}

/** Channels without a category stand first. */
function categoryPlace({ parent }: Pick<GuildChannel, 'parent'>): number {
  return parent?.rawPosition ?? -1;
}
