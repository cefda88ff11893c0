import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import type { Clock } from '#src/base/clock.ts';
import type { ChannelId } from '#src/base/ids.ts';
import type { Public } from '#src/base/public.ts';
import type { stepConversation } from '#src/conversation/machine/step.ts';
import type { ConsentStore } from '#src/people/consent.ts';
import type { Cues } from '#src/playback/reply/cue-track.ts';
import type { CaptionChats } from '#src/ports/caption-chats.ts';
import type { Places } from '#src/ports/command-ports.ts';
import type { PanelBoard } from '#src/ports/panel.ts';
import type { RoomView } from '#src/ports/room-view.ts';
import type { SessionEventListener } from '#src/ports/session-events.ts';
import type { VoiceChannelChatPoster } from '#src/ports/voice-channel-chat-poster.ts';
import type { PersonalSettingsCache } from '#src/settings/personal-settings-cache.ts';
import type { LocalRecogniser } from '#src/speech/fallbacks/lazy-recogniser.ts';
import type { VoiceNames } from '#src/speech/speech-engine.ts';
import type { TextLanguageDetector } from '#src/speech/text-language/spoken-form.ts';
import type { BudgetAuthority } from '#src/spending/budget-authority.ts';
import type { PaidEngines } from '#src/spending/paid-engine.ts';

/**
 * Objects outside a session that its parts use: stores, engines, Discord and the clock. A function takes the few that
 * it uses, as `Deps`.
 */
export type SessionDependencies = PaidEngines & {
  readonly clock: Clock;
  readonly messages: VoiceChannelChatPoster;
  readonly places: Places;
  readonly panels: PanelBoard;
  readonly store: ConsentStore;
  readonly peopleSettings: Public<PersonalSettingsCache>;
  readonly textLanguage: TextLanguageDetector;
  readonly codec: OpusCodec;
  readonly cues: Cues;
  readonly captionChats: CaptionChats;
  /** Listens for commands where the usual recogniser is closed. */
  readonly localRecogniser: LocalRecogniser;
  /** Name of the speech recogniser, for people to read. */
  readonly recogniser?: string | undefined;
  /** False: a simple stand-in answers, which cannot translate. */
  readonly hasChatModel: boolean;
  /** Whether a small model of this machine makes the answers now. Absent: never. */
  readonly isSmallModel?: () => boolean;
  /** Forgets the words of all talks that a model of this machine keeps. Never throws. */
  readonly forgetTalks?: () => void;
  readonly mayReadMessages: boolean;
  readonly voices: VoiceNames;
  readonly spending: BudgetAuthority;
  /** Returns whether programs read the words of this channel, as its panel tells. */
  readonly isReadByPrograms: (channelId: ChannelId) => boolean;
  /** A listener to events. Its exceptions end no session. */
  readonly onEvent: SessionEventListener;
  /** Draws facts on a page. Absent on Discord. */
  readonly roomView?: RoomView | undefined;
  /** The step of the conversation, in place of the usual one. */
  readonly decide?: typeof stepConversation;
};

/** Some dependencies of a session, by their names. */
export type Deps<Name extends keyof SessionDependencies> = Pick<
  SessionDependencies,
  Name
>;
