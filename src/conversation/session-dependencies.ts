import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import type { Clock } from '#src/base/clock.ts';
import type { Public } from '#src/base/public.ts';
import type { ConsentStore } from '#src/people/consent.ts';
import type { Cues } from '#src/playback/reply/load-cues.ts';
import type { CaptionChats } from '#src/ports/caption-chats.ts';
import type { Places } from '#src/ports/command-ports.ts';
import type { PanelBoard } from '#src/ports/panel.ts';
import type { SessionEventListener } from '#src/ports/session-events.ts';
import type { VoiceChannelChatPoster } from '#src/ports/voice-channel-chat-poster.ts';
import type { PersonalSettingsCache } from '#src/settings/personal-settings-cache.ts';
import type { TextLanguageDetector } from '#src/speech/text-language/text-language.ts';
import type { VoiceNames } from '#src/speech/voice-names.ts';
import type { BudgetAuthority } from '#src/spending/budget-authority.ts';
import type { PaidEngines } from '#src/spending/paid-engine.ts';
import type { stepConversation } from './machine/step.ts';

/** Parts that main builds once and that all sessions, and what serves commands, share. */
export type SessionDependencies = PaidEngines & {
  readonly clock: Clock;
  readonly messages: VoiceChannelChatPoster;
  readonly places: Places;
  readonly panels: PanelBoard;
  readonly store: ConsentStore;
  /** Settings that people have chosen for themselves. */
  readonly peopleSettings: Public<PersonalSettingsCache>;
  /** Detects the language of a text where a recogniser does not. */
  readonly textLanguage: TextLanguageDetector;
  readonly codec: OpusCodec;
  readonly cues: Cues;
  /** Chats in which captions are posted. */
  readonly captionChats: CaptionChats;
  /** Model that recognises speech; absent: the local one. */
  readonly recogniser?: string | undefined;
  /** False: a simple stand-in answers, which cannot translate. */
  readonly hasChatModel: boolean;
  /** Whether Discord tells what people write to others. */
  readonly mayReadMessages: boolean;
  /** Voices that read texts. */
  readonly voices: VoiceNames;
  /** Budgets of talk. */
  readonly spending: BudgetAuthority;
  /** Whether a program may read what is said in this voice channel, which the panel there tells. */
  readonly isReadByPrograms: (channelId: ChannelId) => boolean;
  /** An exception from it is a bug of its own and ends no session. */
  readonly onEvent: SessionEventListener;
  /** Decisions of a conversation. Default: `step`; a simulation watches them. */
  readonly decide?: typeof stepConversation;
};

/** The dependencies that a function uses. */
export type Deps<Name extends keyof SessionDependencies> = Pick<SessionDependencies, Name>;
