import type { GuildNotices } from '#src/session/alerts/guild-notices.ts';
import type { JoinMode } from '#src/session/ports/command-ports.ts';
import type { Seat } from '#src/session/ports/stores/seat-store.ts';
import type { ChannelRef } from '#src/session/ports/voice-link.ts';
import type { SeatKeeper } from '#src/session/seats/seat-keeper.ts';
import type { StoredSettings } from '#src/session/settings/stored-settings.ts';
import type { TranscriptAccess } from '#src/session/transcripts/transcript-access.ts';
import type { VoiceSession } from '#src/session/voice-session.ts';
import type { SessionDependencies, SessionSources } from './dependencies.ts';
import type { VoiceSessions } from './voice-sessions.ts';

/** Place, parts and history of a session. */
export type VoiceSessionOptions = {
  readonly channel: ChannelRef;
  readonly callerId: string;
  readonly parts: SessionDependencies;
  readonly sources: SessionSources;
  readonly settings: StoredSettings;
  readonly notices: GuildNotices;
  /** Where it is left. */
  readonly sessions: Pick<VoiceSessions, 'leave'>;
  readonly transcripts: TranscriptAccess;
  /** Person it goes along with. */
  readonly followedId?: string | undefined;
  /** Default: it answers people. */
  readonly mode?: JoinMode;
  /** A session of this server that is to go on here: with its memory and what people said about being heard. */
  readonly former?: VoiceSession | undefined;
  /** A seat of a former run that is to go on here: no greeting and no notice is repeated. */
  readonly seat?: Seat;
  /** Keeper of its seat for a process that ends. */
  readonly seats: SeatKeeper;
};
