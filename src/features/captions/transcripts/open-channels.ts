import { mayOpen } from '#src/conversation/presence/may-open.ts';
import type { OpenChannels } from '#src/features/captions/transcript-store-types.ts';
import type { CaptionParts } from './disk-and-memory-stores.ts';
import { allStores } from './disk-and-memory-stores.ts';

/** Channels with captions that this person may open now, and the deleted ones. Errors: BotError `store.unreadable`. */
export async function openTo(
  personId: string,
  guildId: string,
  parts: CaptionParts,
): Promise<OpenChannels> {
  const stored = await Promise.all(
    allStores(parts.transcripts).map(({ reader }) => reader.channels(guildId)),
  );
  const all = [...new Set(stored.flat())];
  const may = await Promise.all(all.map((id) => mayOpen(guildId, personId, id, parts)));
  const channelIds = all.filter((_, n) => may[n] === 'yes');
  return { channelIds, own: { personId, goneChannelIds: all.filter((_, n) => may[n] === 'gone') } };
}
