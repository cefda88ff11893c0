import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { Mouth } from '#src/conversation/mouth/mouth.ts';
import { pauseHearingAloud } from '#src/conversation/mouth/say-to-people.ts';
import { pauseTracks, toSilenceLine } from '#src/conversation/mouth/silence.ts';
import type { Session, SessionChannel } from '#src/conversation/session.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import { toOpenText } from '#src/people/owned.ts';
import type { LeaveOutcome } from '#src/ports/command-ports.ts';
import { formatDuration } from '#src/texts/duration.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { WishKind } from '#src/turn/overlap/interjections.ts';

/** Requests that a spoken wish makes of all sessions. */
type WishSessions = {
  /** Takes a person's yes back, and says so aloud. */
  denyAloud(personId: PersonId, session: Session): void;
  /** Ends the session of a server. Resolves when the bot has left. */
  leave(guildId: GuildId): Promise<LeaveOutcome>;
};

/** Obeys a spoken wish of a person who sits in the channel, and answers it by a fixed text. */
export function obeyWish(
  wish: WishKind,
  personId: PersonId,
  session: Session,
  sessions: WishSessions,
): void {
  switch (wish) {
    case 'pause':
      pauseHearingAloud(personId, session);
      return;
    case 'no':
      sessions.denyAloud(personId, session);
      return;
    case 'leave':
      void leaveAsAsked(session, sessions);
      return;
    case 'stop':
      silenceTracks(session);
  }
}

async function leaveAsAsked(
  {
    notices,
    voiceChannel,
  }: { readonly notices: ChannelNotices; readonly voiceChannel: SessionChannel },
  sessions: Pick<WishSessions, 'leave'>,
) {
  const leaving = await sessions.leave(voiceChannel.channel.guildId);
  if (leaving.kind === 'nowhere') return;
  const { channel, stayedMs } = leaving;
  const filled = { channel, duration: formatDuration(stayedMs) };
  writeLine({ id: 'leave.ok', with: filled }, notices);
}

function silenceTracks({
  notices,
  mouth,
}: {
  readonly notices: ChannelNotices;
  readonly mouth: Mouth;
}) {
  // The machine has ended the reply on the track `voice`.
  const silenced = pauseTracks(mouth);
  if (silenced.paused.length > 0) writeLine(toSilenceLine(silenced), notices);
}

function writeLine(line: TextLine, notices: Session['notices']) {
  notices.writeWords(toOpenText(notices.formatWrittenText(line)));
}
