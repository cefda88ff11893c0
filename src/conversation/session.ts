import type { PersonId } from '#src/base/ids.ts';
import type {
  SessionConsent,
  UndecidedPeople,
} from '#src/conversation/hearing/session-consent.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import type { ConfidentialText } from '#src/people/confidential-text.ts';
import type { ReplyStyle } from '#src/pipeline/pipeline.ts';
import type { SessionFeatures } from '#src/ports/feature-session.ts';
import type { ChannelMember, ChannelRef } from '#src/ports/voice-link.ts';
import type { GuildSettings } from '#src/settings/guild-settings.ts';
import type {
  CurrentConnection,
  SoundMix,
} from '#src/voice/connection/reconnecting-connection.ts';
import type { SpeakerLanguages } from '#src/voice/hearing/speaker-languages.ts';
import type { SpeechPace } from '#src/voice/output/speech-output.ts';
import type { ConversationLoop } from './conversation-loop.ts';
import type { SessionDependencies } from './session-dependencies.ts';
import type { SpeechRequests } from './speech-requests.ts';

export type NamedPerson = { readonly id: PersonId; readonly name: string };

export type OnceInSession = 'greeted' | 'lines-hidden' | 'roles-unread';

/** A function takes the few that it uses. */
export type Session = {
  readonly place: SessionPlace;
  readonly notices: ChannelNotices;
  readonly speech: SessionSpeech;
  readonly consent: SessionConsent;
  readonly undecided: UndecidedPeople;
  readonly loop: ConversationLoop;
  readonly tools: {
    readonly confirmations: {
      holdAnswer(text: ConfidentialText, reader: NamedPerson): string;
    };
  };
  readonly features: SessionFeatures;
  readonly signal: AbortSignal;
};

export type Owners<Name extends keyof Session> = Pick<Session, Name>;

export type FormerSession = {
  /** A former run sat there, and so has told its people. */
  readonly isReturned: boolean;
  readonly former?: Owners<'place'> | undefined;
};

export type SessionPlace = {
  readonly channel: ChannelRef;
  readonly getSettings: () => GuildSettings;
  readonly getStyle: () => ReplyStyle;
  readonly listPeople: () => readonly ChannelMember[];
  readonly findPerson: (personId: PersonId) => ChannelMember | undefined;
  readonly getName: (personId: PersonId) => string;
  readonly getChoices: (
    personId: PersonId,
  ) => ReturnType<SessionDependencies['peopleSettings']['getCached']>;
  readonly loadChoices: (
    personId: PersonId,
  ) => ReturnType<SessionDependencies['peopleSettings']['loadSettings']>;
  readonly languages: SpeakerLanguages;
  readonly isFirst: (what: OnceInSession) => boolean;
};

export type SessionSpeech = {
  readonly requests: SpeechRequests;
  readonly connection: CurrentConnection;
  readonly pace: SpeechPace;
  readonly mix: SoundMix;
  readonly canSpeak: () => boolean;
};
