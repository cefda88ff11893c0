import type { TextLine } from '#src/texts/texts.ts';
import type { AddressingState } from './attention.ts';
import type { CuePlayer } from './bell.ts';
import type { LeaveOutcome } from './command-ports.ts';
import type { CurrentPipeline } from './current-pipeline.ts';
import type { TurnQueue } from './floor.ts';
import type { ConsentGate } from './gate.ts';
import type { GuildSettings } from './guild-settings.ts';
import type { PauseHabits } from './habits.ts';
import type { ChannelRef, ChannelMember } from './link.ts';
import type { ConversationMemory } from './memory.ts';
import type { SpeechOutput } from './mouth.ts';
import type { UnaskedPeople } from './newcomers.ts';
import type { OncePerSession } from './once.ts';
import type { PanelWatch } from './panel-watch.ts';
import type { SessionDependencies } from './parts.ts';
import type { PendingConfirmations } from './tool-asks.ts';
import type { SessionTracks } from './track-stand.ts';
import type { ReportedFailures } from './troubles.ts';
import type { TrackVolumes } from './volume.ts';
import type { PreemptiveBudget } from './waste.ts';
import type { ConsentWithdrawals } from './withdrawals.ts';

/** What the sessions of one stay have in common, and what is reached from outside them. */
export type SessionContext = {
  readonly channel: ChannelRef;
  /** Who called the bot in. */
  readonly callerId: string;
  /** As they hold in its server at the moment they are looked at. */
  readonly parts: SessionDependencies;
  readonly settings: () => GuildSettings;
  readonly pipeline: CurrentPipeline;
  readonly bell: CuePlayer;
  readonly gate: ConsentGate;
  readonly withdrawals: ConsentWithdrawals;
  readonly memory: ConversationMemory;
  readonly floor: TurnQueue;
  readonly waste: PreemptiveBudget;
  readonly habits: PauseHabits;
  readonly attention: AddressingState;
  readonly newcomers: UnaskedPeople;
  readonly panel: PanelWatch;
  readonly once: OncePerSession;
  readonly troubles: ReportedFailures;
  /** What waits for a button. */
  readonly asks: PendingConfirmations;
  readonly volume: TrackVolumes;
  /** What plays under names. */
  readonly tracks: SessionTracks;
  /** Everybody there besides the bot itself, also while the link is away. */
  readonly people: () => readonly ChannelMember[];
  /** As `VoiceLink.refresh`. */
  readonly refresh: (personId: string, signal: AbortSignal) => Promise<void>;
  /** Ends the stay, as `/leave` does. */
  readonly leave: () => Promise<LeaveOutcome>;
  /** Aborted when the stay is over; its links may come and go. */
  readonly signal: AbortSignal;
  /** Has everybody there read something, in its turn and if it still holds then. */
  notice(line: TextLine, holds?: () => boolean): void;
};

/** A room with somebody in it who can speak. */
export type SpeakingContext = SessionContext & {
  readonly mouth: SpeechOutput;
};
