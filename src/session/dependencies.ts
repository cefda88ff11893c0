import type { OpusCodec } from '#src/audio/opus/opus.ts';
import type { SileroWeights } from '#src/audio/voice/silero.ts';
import type { Clock } from '#src/base/clock.ts';
import type { Public } from '#src/base/public.ts';
import type { CaptionChoiceStore } from '#src/people/caption-choice.ts';
import type { ConsentPolicy } from '#src/people/consent.ts';
import type { ConsentStore } from '#src/people/consent-store.ts';
import type { ReplyStyle } from '#src/pipeline/pipeline.ts';
import type { Cues } from '#src/playback/reply/load-cues.ts';
import type { GuildMemories } from '#src/session/memories/guild-memories.ts';
import type { PaidEngines } from '#src/session/paid-engines.ts';
import type { CaptionChats, NicknameMark } from '#src/session/ports/caption-chats.ts';
import type { ChannelMessages } from '#src/session/ports/channel-messages.ts';
import type { Places } from '#src/session/ports/command-ports.ts';
import type { SessionEventListener } from '#src/session/ports/events.ts';
import type { PanelBoard } from '#src/session/ports/panel.ts';
import type { GuildStore, SettingsStore } from '#src/session/ports/stores/guild-store.ts';
import type { SeatStore } from '#src/session/ports/stores/seat-store.ts';
import type { TrackStore } from '#src/session/ports/stores/track-store.ts';
import type { ToolEntry } from '#src/session/ports/tool.ts';
import type { VoiceLinkOpener } from '#src/session/ports/voice-link.ts';
import type { ReminderClock } from '#src/session/reminders/reminder-clock.ts';
import type { KnownPeopleSettings } from '#src/session/settings/known-people-settings.ts';
import type { SoundCatalog } from '#src/session/tracks/sound-catalog.ts';
import type { TranscriptStores } from '#src/session/transcripts/transcript-stores.ts';
import type { WrittenQuestions } from '#src/session/typed/written-questions.ts';
import type { ListeningSlots } from '#src/speech/listening-slots.ts';
import type { Transcriber } from '#src/speech/ports.ts';
import type { TextLanguageDetector } from '#src/speech/text-language/text-language.ts';
import type { VoiceNames } from '#src/speech/voice-names.ts';
import type { BudgetAuthority } from '#src/spending/budget-authority.ts';
import type { Caps } from '#src/spending/caps.ts';
import type { PaidEngine } from '#src/spending/paid-engine.ts';
import type { AddressingMode } from '#src/turn/addressing/addressing-windows.ts';
import type { EndpointRules } from '#src/turn/endpointing/endpointing.ts';
import type { PartialTrust } from '#src/turn/partial-trust.ts';

/** People who may be heard without being asked; `roleId` goes with the policy `role`. */
export type ConsentPolicySettings = { readonly policy: ConsentPolicy; readonly roleId?: string };

/** Settings of the operator: they hold where a server has none of its own, and are read through `StoredSettings` alone. */
export type OperatorDefaults = {
  readonly addressing: AddressingMode;
  readonly consent: ConsentPolicySettings;
  /** Role whose members may change everybody's sounds. */
  readonly djRoleId?: string;
  /** Names that the bot answers to beside its name in a server. */
  readonly names: readonly string[];
  readonly style: ReplyStyle;
  /** IANA name of the zone of times of day that people read. */
  readonly timeZone: string;
};

/** Models and rules by which the connections of a session hear people. */
export type HearingDependencies = {
  readonly endpointRules: EndpointRules;
  /** Limit of utterances that stream to the recogniser at the same time. */
  readonly listeningSlots: ListeningSlots;
  /** Whether partials of the recogniser may be answered before they are final. */
  readonly partialTrust: PartialTrust;
  /** Recogniser that costs nothing and knows English only: hears people among themselves when the budget for captions is used. */
  readonly roughTranscriber?: PaidEngine<Transcriber>;
  /** Connects to the servers that will be asked, as a person began to talk. Never throws, costs nothing. */
  readonly warm: () => void;
  readonly weights: SileroWeights;
};

/** Parts that `VoiceSessions` gives to the one or two classes that use each. */
export type SessionSources = {
  /** Caps of the operator, below which servers may set their own. */
  readonly caps: Caps;
  /** People who are left out of captions. */
  readonly captionChoices: CaptionChoiceStore;
  readonly defaults: OperatorDefaults;
  readonly guildStore: GuildStore;
  readonly linkOpener: VoiceLinkOpener;
  /** Longest time, in ms, that an answer which has begun neither sounds nor grows. */
  readonly longestStandstillMs: number;
  /** Shows beside the bot's name that captions are on. */
  readonly nicknameMark: NicknameMark;
  /** Uniform random number from 0 to 1. */
  readonly random: () => number;
  readonly reminders: Public<ReminderClock>;
  readonly seatStore: SeatStore;
  readonly settingsStore: SettingsStore;
  /** Tools that a model may call now: those of the operator, then those of the bot. */
  readonly tools: () => readonly ToolEntry[];
  readonly trackStore: TrackStore;
  /** Limit of questions that are answered in writing at the same time, recaps included. */
  readonly writtenQuestions: WrittenQuestions;
  readonly hearing: HearingDependencies;
};

/** Parts that main builds once and that all sessions, and what serves commands, share. */
export type SessionDependencies = PaidEngines & {
  readonly clock: Clock;
  readonly messages: ChannelMessages;
  readonly places: Places;
  readonly panels: PanelBoard;
  readonly store: ConsentStore;
  /** Settings that people have chosen for themselves. */
  readonly peopleSettings: Public<KnownPeopleSettings>;
  /** Detects the language of a text where a recogniser does not. */
  readonly textLanguage: TextLanguageDetector;
  readonly codec: OpusCodec;
  readonly cues: Cues;
  /** Sounds that tracks play. */
  readonly sounds: SoundCatalog;
  /** Chats in which captions are posted. */
  readonly captionChats: CaptionChats;
  /** Transcripts that servers keep. */
  readonly transcripts: TranscriptStores;
  /** Memories of servers. */
  readonly memories: Public<GuildMemories>;
  /** Name of the server in messages about a role that fails, as in `127.0.0.1:8000`. */
  readonly chatName: string;
  /** Voices that read texts. */
  readonly voices: VoiceNames;
  /** Budgets of talk. */
  readonly spending: BudgetAuthority;
  /** An exception from it is a bug of its own and ends no session. */
  readonly onEvent: SessionEventListener;
};
