import type { Wakeup } from '#src/base/wakeup.ts';
import type { UnaskedPeople } from '#src/people/newcomers.ts';
import type { ReportedFailures } from '#src/session/alerts/reported-failures.ts';
import type { ConversationMemory } from '#src/session/answering/conversation-memory.ts';
import type { CurrentPipeline } from '#src/session/answering/current-pipeline.ts';
import type { ChannelCaptions } from '#src/session/captions/channel-captions.ts';
import type { LiveTalkers } from '#src/session/connection/live-talkers.ts';
import type { SessionAddressing } from '#src/session/hearing/addressing.ts';
import type { ConsentGate } from '#src/session/hearing/consent-gate.ts';
import type { SpeakerLanguages } from '#src/session/languages/speaker-languages.ts';
import type { CuePlayer } from '#src/session/output/cue-player.ts';
import type { GoneVoices } from '#src/session/output/gone-voices.ts';
import type { PauseNotices } from '#src/session/output/pause-notices.ts';
import type { SessionVoice } from '#src/session/output/session-voice.ts';
import type { SpeechOutput } from '#src/session/output/speech-output.ts';
import type { LeaveOutcome } from '#src/session/ports/command-ports.ts';
import type { ChannelMember, ChannelRef } from '#src/session/ports/voice-link.ts';
import type { ConsentWithdrawals } from '#src/session/presence/consent-withdrawals.ts';
import type { OncePerSession } from '#src/session/presence/once-per-session.ts';
import type { TurnQueue } from '#src/session/queue/turn-queue.ts';
import type { GuildSettings } from '#src/session/settings/guild-settings.ts';
import type { PendingConfirmations } from '#src/session/tools/pending-confirmations.ts';
import type { ToolEffects } from '#src/session/tools/tool-effects.ts';
import type { SessionTracks } from '#src/session/tracks/session-tracks.ts';
import type { TrackVolumes } from '#src/session/tracks/track-volumes.ts';
import type { KnownTranscripts } from '#src/session/transcripts/known-transcripts.ts';
import type { PreemptiveBudget } from '#src/spending/preemptive-budget.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { PauseHabits } from '#src/turn/endpointing/pause-habits.ts';
import type { SessionDependencies } from './dependencies.ts';
import type { PanelWatch } from './panel-watch.ts';

/** What the connections of one session have in common, and what is reached from outside them. */
export type SessionContext = {
  readonly channel: ChannelRef;
  /** Who called the bot in. */
  readonly callerId: string;
  /** As they hold in its server at the moment they are looked at. */
  readonly parts: SessionDependencies;
  readonly settings: () => GuildSettings;
  readonly pipeline: CurrentPipeline;
  readonly cuePlayer: CuePlayer;
  readonly gate: ConsentGate;
  readonly withdrawals: ConsentWithdrawals;
  readonly captions: ChannelCaptions;
  /** What was said in any session, also before this one. */
  readonly transcripts: KnownTranscripts;
  /** True where the bot was called to write captions only. */
  readonly isCaptionsOnly: () => boolean;
  readonly memory: ConversationMemory;
  readonly queue: TurnQueue;
  /** What is said at the next pause. */
  readonly pauseNotices: PauseNotices;
  /** Woken when what the server has set for itself has changed. */
  readonly governed: Wakeup;
  /** Has the clock of the connection look at what may have changed, now and for a while. */
  readonly wakeup: Wakeup;
  readonly preemptiveBudget: PreemptiveBudget;
  readonly pauseHabits: PauseHabits;
  /** How the bot speaks here. */
  readonly voice: SessionVoice;
  /** Tells of voices that are there no more. */
  readonly goneVoices: GoneVoices;
  /** Who talks there now. */
  readonly talking: LiveTalkers;
  /** In which language each person is heard and answered. */
  readonly languages: SpeakerLanguages;
  readonly addressing: SessionAddressing;
  readonly newcomers: UnaskedPeople;
  readonly panel: PanelWatch;
  readonly once: OncePerSession;
  readonly reportedFailures: ReportedFailures;
  /** What waits for a button. */
  readonly confirmations: PendingConfirmations;
  /** What tools have done, by the question they did it for. */
  readonly effects: ToolEffects;
  readonly volume: TrackVolumes;
  /** What plays under names. */
  readonly tracks: SessionTracks;
  /** Everybody there besides the bot itself, also while the link is away. */
  readonly people: () => readonly ChannelMember[];
  /** As `VoiceLink.refresh`. */
  readonly refresh: (personId: string, signal: AbortSignal) => Promise<void>;
  /** Ends the session, as `/leave` does. */
  readonly leave: () => Promise<LeaveOutcome>;
  /** Aborted when the session is over; its links may come and go. */
  readonly signal: AbortSignal;
  /** Has everybody there read something, in its turn and if it still holds then. */
  notice(line: TextLine, holds?: () => boolean): void;
};

/** A room with somebody in it who can speak. */
export type SpeakingContext = SessionContext & {
  readonly output: SpeechOutput;
};
