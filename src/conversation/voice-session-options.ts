import type { EndedConversation } from '#src/conversation/joining/ended-conversations.ts';
import type { SeatPersistence } from '#src/conversation/joining/seat-persistence.ts';
import type { GuildNoticeQueue } from '#src/notices/guild-notice-queue.ts';
import type { JoinMode } from '#src/ports/command-ports.ts';
import type { Seat } from '#src/ports/stores/seat-store.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { StoredSettings } from '#src/settings/stored-settings.ts';
import type { SessionDependencies } from './session-dependencies.ts';
import type { SessionSources } from './session-sources.ts';
import type { VoiceSession } from './voice-session.ts';
import type { VoiceSessions } from './voice-sessions.ts';

/** Place, parts and history of a session. */
export type VoiceSessionOptions = {
  readonly channel: ChannelRef;
  readonly callerId: string;
  readonly parts: SessionDependencies;
  readonly sources: SessionSources;
  readonly settings: StoredSettings;
  readonly notices: GuildNoticeQueue;
  /** What people of the server said, where it is left, and what is done at a spoken no. */
  readonly sessions: Pick<VoiceSessions, 'consents' | 'denyAloud' | 'leave'>;
  /** Person it goes along with. */
  readonly followedId?: string | undefined;
  /** Default: it answers people. */
  readonly mode?: JoinMode | undefined;
  /** A session of this server that is to go on here: with its history and what people said about being heard. */
  readonly former?: VoiceSession | undefined;
  /** A seat of a former run that is to go on here: no greeting and no notice is repeated. */
  readonly seat?: Seat | undefined;
  /** The conversation of this channel that ended less than 15 minutes ago, in this process; it goes on. */
  readonly ended?: EndedConversation | undefined;
  /** Keeper of its seat for a process that ends. */
  readonly seats: SeatPersistence;
};
