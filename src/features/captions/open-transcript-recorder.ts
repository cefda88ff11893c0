import type { SessionContext } from '#src/conversation/session-context.ts';
import type { TranscriptPorts } from '#src/features/captions/store/transcript-ports.ts';
import { withStoreTimeout } from '#src/ports/store-timeout.ts';
import type { TranscriptSession } from './transcript-line.ts';
import { TranscriptRecorder, type TranscriptRecorderOptions } from './transcript-recorder.ts';
import type { ResumableSession } from './transcript-store-types.ts';

/** A session that ended longer ago, in ms, is not resumed. */
const resumeMs = 15 * 60_000;

/** A recorder of the session to be resumed, or else of a new one. */
export function openRecorder(
  placeId: string,
  former: ResumableSession | undefined,
  { writer }: TranscriptPorts,
  { channel, parts }: SessionContext,
  listeners: Pick<TranscriptRecorderOptions, 'onFailed' | 'onSaved'>,
): TranscriptRecorder {
  const { clock } = parts;
  const nowWallMs = clock.wallMs();
  const { guildId, channelId, name: channelName } = channel;
  const id = crypto.randomUUID();
  const session: TranscriptSession = former
    ? { ...former.session, endedAtWallMs: undefined }
    : { id, guildId, channelId, channelName, placeId, startedAtWallMs: nowWallMs };
  // The wall clock may have been put back meanwhile: no line begins before one that is kept.
  const sinceStartMs = Math.max(former ? endMsOf(former) : 0, nowWallMs - session.startedAtWallMs);
  const startedAtMs = clock.nowMs() - sinceStartMs;
  return new TranscriptRecorder({ session, startedAtMs, former, writer, clock, ...listeners });
}

/** The session of this channel that ended a moment ago: what is said now belongs to it. Never throws. */
export async function formerSession(
  { reader }: TranscriptPorts,
  { channel, parts }: SessionContext,
): Promise<ResumableSession | undefined> {
  const { guildId, channelId } = channel;
  const read = () => reader.latest(guildId, channelId);
  const latest = await withStoreTimeout(guildId, parts, 'store.unreadable', read);
  if (!latest) return undefined;
  const { endedAtWallMs, startedAtWallMs } = latest.session;
  const overAtWallMs = endedAtWallMs ?? startedAtWallMs + endMsOf(latest);
  return parts.clock.wallMs() - overAtWallMs <= resumeMs ? latest : undefined;
}

/** End of the last line, in ms since the start of its session. */
function endMsOf({ lines }: ResumableSession): number {
  return Math.max(0, ...lines.map(({ endMs }) => endMs));
}
