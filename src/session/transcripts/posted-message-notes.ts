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
  parts: SessionDependencies,
): void {
  const message = { ...place, guildId, sessionId, postedAtWallMs: parts.clock.wallMs() };
  const stores = [...new Set([store, parts.transcripts.onDisk])];
  const put = () => Promise.all(stores.map(({ messages }) => messages.put(message)));
  void withStore(guildId, parts, 'store.unwritable', put);
}

/** No session: the next process deletes what was noted under it. */
const noSession = '';

/** Notes that a message names a person and is to be deleted with this session, also where the process is killed. Never throws. */
export function noteNaming(place: MessagePlace, guildId: string, parts: SessionDependencies): void {
  const { clock, transcripts } = parts;
  const message = { ...place, guildId, sessionId: noSession, postedAtWallMs: clock.wallMs() };
  const put = () => transcripts.onDisk.messages.put(message);
  void withStore(guildId, parts, 'store.unwritable', put);
}

/** That message is gone. Never throws. */
export function settleNaming(
  { messageId }: MessagePlace,
  guildId: string,
  parts: SessionDependencies,
): void {
  const settle = () => parts.transcripts.onDisk.messages.settled(messageId, true);
  void withStore(guildId, parts, 'store.unwritable', settle);
}
