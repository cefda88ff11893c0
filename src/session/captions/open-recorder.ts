import type { TranscriptSession } from '#src/captions/transcript-line.ts';
import type { ResumableSession } from '#src/captions/transcript-store.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import type { ChannelRef } from '#src/session/ports/voice-link.ts';
import type { GuildSettings } from '#src/session/settings/guild-settings.ts';
import { withStore } from '#src/session/store-access.ts';
import type { TranscriptPorts } from '#src/session/transcripts/transcript-stores.ts';
import { TranscriptRecorder, type TranscriptRecorderOptions } from './transcript-recorder.ts';

/** Whose captions are recorded. */
type RecorderContext = {
  readonly channel: ChannelRef;
  readonly parts: Pick<SessionDependencies, 'clock' | 'onEvent'>;
  readonly settings: () => Pick<GuildSettings, 'catchUp'>;
};

/** A session that ended longer ago, in ms, is not resumed. */
const resumeMs = 15 * 60_000;

/** A recorder of a new session, or of the one of this channel that ended a moment ago. Never throws. */
export async function openRecorder(
  placeId: string,
  store: TranscriptPorts,
  context: RecorderContext,
  listeners: Pick<TranscriptRecorderOptions, 'onFailed' | 'onSaved'>,
): Promise<TranscriptRecorder> {
  const { clock } = context.parts;
  const former = await resumable(store, context);
  const nowWallMs = clock.wallMs();
  const session = former ? resumed(former, placeId) : newSession(placeId, nowWallMs, context);
  // The wall clock may have been put back meanwhile: no line begins before one that is kept.
  const sinceStartMs = Math.max(former?.lastMs ?? 0, nowWallMs - session.startedAtWallMs);
  return new TranscriptRecorder({
    session,
    startedAtMs: clock.nowMs() - sinceStartMs,
    former,
    writer: store.writer,
    clock,
    ...listeners,
  });
}

async function resumable(
  { reader }: TranscriptPorts,
  { channel, parts, settings }: RecorderContext,
): Promise<ResumableSession | undefined> {
  const { guildId, channelId } = channel;
  const read = () => reader.latest(guildId, channelId);
  const latest = await withStore(guildId, parts, 'store.unreadable', read);
  if (!latest || latest.session.catchUp !== settings().catchUp) return undefined;
  const { endedAtWallMs, startedAtWallMs } = latest.session;
  const overAtWallMs = endedAtWallMs ?? startedAtWallMs + latest.lastMs;
  return parts.clock.wallMs() - overAtWallMs <= resumeMs ? latest : undefined;
}

function resumed({ session }: ResumableSession, placeId: string): TranscriptSession {
  const { endedAtWallMs: _, ...others } = session;
  return { ...others, placeId };
}

function newSession(
  placeId: string,
  startedAtWallMs: number,
  { channel, settings }: RecorderContext,
): TranscriptSession {
  const { guildId, channelId, name: channelName } = channel;
  const { catchUp } = settings();
  const id = crypto.randomUUID();
  return { id, guildId, channelId, channelName, placeId, startedAtWallMs, catchUp };
}
