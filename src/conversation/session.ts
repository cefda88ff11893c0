import type { SessionConsent, UndecidedPeople } from '#src/conversation/hearing/session-consent.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import type { ConfidentialText } from '#src/people/confidential-text.ts';
import type { ReplyStyle } from '#src/pipeline/pipeline.ts';
import type { SessionFeatures } from '#src/ports/feature-session.ts';
import type { ChannelMember, ChannelRef } from '#src/ports/voice-link.ts';
import type { GuildSettings } from '#src/settings/guild-settings.ts';
import type { CurrentConnection, SoundMix } from '#src/voice/connection/reconnecting-connection.ts';
import type { SpeakerLanguages } from '#src/voice/hearing/speaker-languages.ts';
import type { SpeechPace } from '#src/voice/output/speech-output.ts';
import type { ConversationLoop } from './conversation-loop.ts';
import type { SessionDependencies } from './session-dependencies.ts';
import type { SpeechRequests } from './speech-requests.ts';

/** Events that happen at most once in a session, however often its link comes and goes. */
export type OnceInSession = 'greeted' | 'lines-hidden' | 'roles-unread';

/** Owners of one session, the same over all its connections. A function takes the few that it uses. */
export type Session = {
  readonly place: SessionPlace;
  readonly notices: ChannelNotices;
  readonly speech: SessionSpeech;
  readonly consent: SessionConsent;
  readonly undecided: UndecidedPeople;
  readonly loop: ConversationLoop;
  readonly tools: { readonly confirmations: HeldAnswers };
  readonly features: SessionFeatures;
  /** Aborted when the session is over; its links may come and go. */
  readonly signal: AbortSignal;
};

/** Answers that wait for a press of their only reader. */
export type HeldAnswers = {
  /** Has an answer wait, and returns the button that shows it to its reader alone. */
  holdAnswer(
    text: ConfidentialText,
    reader: { readonly id: PersonId; readonly name: string },
  ): string;
};

/** The owners that a function uses. */
export type Owners<Name extends keyof Session> = Pick<Session, Name>;

/** Past of a session that begins. */
export type FormerSession = {
  /** A former run sat there: its people are not told again. */
  readonly isReturned: boolean;
  /** Session that it goes on from. */
  readonly former?: Owners<'place'> | undefined;
};

/** The voice channel of a session and the people in it. */
export type SessionPlace = {
  readonly channel: ChannelRef;
  /** Settings of the server, and of the bot's persona in the channel, as they are now. */
  readonly getSettings: () => GuildSettings;
  /** Style of an answer that begins now; a voice of the bot that is missed is reported. */
  readonly getStyle: () => ReplyStyle;
  /** Everybody there besides the bot itself, also while the link is away. */
  readonly listPeople: () => readonly ChannelMember[];
  readonly findPerson: (personId: PersonId) => ChannelMember | undefined;
  /** Name of a person there, or of whoever asked by typing. */
  readonly getName: (personId: PersonId) => string;
  /** What a person has chosen for themselves in this server, as last read. */
  readonly getChoices: (
    personId: PersonId,
  ) => ReturnType<SessionDependencies['peopleSettings']['getCached']>;
  readonly loadChoices: (
    personId: PersonId,
  ) => ReturnType<SessionDependencies['peopleSettings']['loadSettings']>;
  /** Language in which each person is heard and answered. */
  readonly languages: SpeakerLanguages;
  /** True the first time only. */
  readonly isFirst: (what: OnceInSession) => boolean;
};

/** Speech of the bot in one session. */
export type SessionSpeech = {
  /** Questions, texts and notices that wait, as commands and features bring them. */
  readonly requests: SpeechRequests;
  readonly connection: CurrentConnection;
  /** Pace of its speech. */
  readonly pace: SpeechPace;
  /** Sounds beside its speech. */
  readonly mix: SoundMix;
  /** Whether it answers and greets aloud; false: the bot was called to write only. */
  readonly canSpeak: () => boolean;
};
