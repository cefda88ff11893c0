import { withStoreTimeout } from '#src/conversation/alerts/store-timeout.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { TranscriptPorts } from '#src/features/captions/store/transcript-ports.ts';
import { peopleIn, type TranscriptSession } from './transcript-line.ts';
import { TranscriptRecorder, type TranscriptRecorderOptions } from './transcript-recorder.ts';
import type { ResumableSession } from './transcript-store-types.ts';

/** A session that ended longer ago, in ms, is not resumed. */
const resumeMs = 15 * 60_000;

/** A recorder of the session to be resumed, or else of a new one. */
export function openRecorder(
  placeId: string,
  former: ResumableSession | undefined,
  { writer }: TranscriptPorts,
  context: SessionContext,
  listeners: Pick<TranscriptRecorderOptions, 'onFailed' | 'onSaved'>,
): TranscriptRecorder {
  const { clock } = context.parts;
  const nowWallMs = clock.wallMs();
  const begun = former ? resumed(former) : newSession(placeId, nowWallMs, context);
  // The wall clock may have been put back meanwhile: no line begins before one that is kept.
  const sinceStartMs = Math.max(former?.lastMs ?? 0, nowWallMs - begun.startedAtWallMs);
  const session = { ...begun, startedAtWallMs: nowWallMs - sinceStartMs };
  return new TranscriptRecorder({
    session,
    startedAtMs: clock.nowMs() - sinceStartMs,
    former,
    writer,
    clock,
    ...listeners,
  });
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
  const overAtWallMs = endedAtWallMs ?? startedAtWallMs + latest.lastMs;
  return parts.clock.wallMs() - overAtWallMs <= resumeMs ? latest : undefined;
}

/** In another place it is another session: the messages of one session stand in one place. */
export function resumableIn(
  placeId: string,
  former: ResumableSession | undefined,
): ResumableSession | undefined {
  return former?.session.placeId === placeId ? former : undefined;
}

/** People whose words stand there, so that they have read that they are written; undefined where none is known. */
export function notifiedBefore(
  former: ResumableSession | undefined,
): readonly string[] | undefined {
  const ids = former?.lines.flatMap(({ speaker }) => peopleIn(speaker)) ?? [];
  return ids.length === 0 ? undefined : ids;
}

function resumed({ session }: ResumableSession): TranscriptSession {
  const { endedAtWallMs: _, ...others } = session;
  return others;
}

function newSession(
  placeId: string,
  startedAtWallMs: number,
  { channel }: SessionContext,
): TranscriptSession {
  const { guildId, channelId, name: channelName } = channel;
  const id = crypto.randomUUID();
  return { id, guildId, channelId, channelName, placeId, startedAtWallMs };
}
