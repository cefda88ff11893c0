import type { SessionContext } from '#src/conversation/session-context.ts';
import type { TranscriptPorts } from '#src/features/captions/store/transcript-ports.ts';
import type { TranscriptSession } from '#src/features/captions/transcript-line.ts';
import type { MessagePlace } from '#src/ports/desired-message.ts';
import { withStoreTimeout } from '#src/ports/store-timeout.ts';

/**
 * Notes that a message shows something of a session, so that it goes with that; also on disk where no word is kept there:
 * the next process deletes messages of sessions that are kept nowhere. Never throws.
 */
export async function notePosted(
  place: MessagePlace,
  { guildId, id: sessionId }: Pick<TranscriptSession, 'guildId' | 'id'>,
  store: TranscriptPorts,
  { parts, features }: SessionContext,
): Promise<void> {
  const message = { ...place, guildId, sessionId, postedAtWallMs: parts.clock.wallMs() };
  const stores = [...new Set([store, features.ports.transcriptStores.onDisk])];
  const put = () => Promise.all(stores.map(({ messages }) => messages.put(message)));
  await withStoreTimeout(guildId, parts, 'store.unwritable', put);
}
