import type { MessagePlace, TranscriptSession } from '#src/captions/transcript-line.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import { withStore } from '#src/session/store-access.ts';
import type { TranscriptPorts } from './transcript-stores.ts';

/**
 * Notes that a message shows something of a session, so that it goes with that; also on disk where no word is kept there:
 * the next process deletes messages of sessions that are kept nowhere. Never throws.
 */
export function notePosted(
  place: MessagePlace,
  { guildId, id: sessionId }: Pick<TranscriptSession, 'guildId' | 'id'>,
  store: TranscriptPorts,
  parts: Pick<SessionDependencies, 'clock' | 'onEvent' | 'transcripts'>,
): void {
  const message = { ...place, guildId, sessionId, postedAtWallMs: parts.clock.wallMs() };
  const stores = [...new Set([store, parts.transcripts.onDisk])];
  const put = () => Promise.all(stores.map(({ messages }) => messages.put(message)));
  void withStore(guildId, parts, 'store.unwritable', put);
}
