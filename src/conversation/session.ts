import type { PersonId } from '#src/base/ids.ts';
import type { SessionConsent } from '#src/conversation/consent/session-consent.ts';
import type { SpeakerLanguages } from '#src/conversation/ear/speaker-languages.ts';
import type { ConsentNotices } from '#src/conversation/mouth/consent-notices.ts';
import type { Mouth } from '#src/conversation/mouth/mouth.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import type { Owned } from '#src/people/owned.ts';
import type { PersonSettings } from '#src/people/person-settings.ts';
import type { ReplyStyle } from '#src/pipeline/pipeline.ts';
import type { SessionFeatures } from '#src/ports/feature-session.ts';
import type { ChannelMember, ChannelRef } from '#src/ports/voice-link.ts';
import type { GuildSettings } from '#src/settings/guild-settings.ts';
import type { ConversationLoop } from './conversation-loop.ts';

/** A person, by the id and the name to show. */
export type NamedPerson = { readonly id: PersonId; readonly name: string };

/** Events that people are told of once in a session, also across moves. */
export type OnceInSession = 'greeted' | 'lines-hidden' | 'roles-unread' | 'small-model';

/**
 * The bot's talk in one voice channel, as features, tools and runners see it. Each member owns its facts, and a function
 * names the few members that it uses.
 */
export type Session = {
  /** The channel with its people and its settings. */
  readonly voiceChannel: SessionChannel;
  /** Sentences of the bot about itself, and reports to the operator. */
  readonly notices: ChannelNotices;
  /** Everything that sounds. */
  readonly mouth: Mouth;
  /** Consent of the people in the channel. */
  readonly consent: SessionConsent;
  /** Tells people how they are heard, before the policy hears them. */
  readonly consentNotices: ConsentNotices;
  /** The state of the conversation. */
  readonly loop: ConversationLoop;
  /** Answers that wait for a button. */
  readonly tools: {
    readonly confirmations: {
      /** Holds an answer, and returns the name of the button that shows it to `reader` alone. */
      holdAnswer(text: Owned<string>, reader: NamedPerson): string;
    };
  };
  /** Hooks of all features. */
  readonly features: SessionFeatures;
  /** Aborts when the session ends. */
  readonly signal: AbortSignal;
};

/** A session as its features are opened in it. */
export type FeatureHost = Omit<Session, 'features'>;

/** Facts about an earlier session that a new session goes on with. */
export type FormerSession = {
  /** True if the bot sat in this channel before its process restarted, so that the people there have been greeted. */
  readonly isReturned: boolean;
  /** The session that this one replaces in the same process. Undefined for a first one. */
  readonly former?: { readonly voiceChannel: SessionChannel } | undefined;
};

/** The channel of a session, its people and its settings. No member throws. */
export type SessionChannel = {
  readonly channel: ChannelRef;
  /** Returns the settings of the channel, as they are now. */
  readonly getSettings: () => GuildSettings;
  /** Returns the instructions and the voice of the channel, as they are now. */
  readonly getStyle: () => ReplyStyle;
  /** Lists everybody in the channel but the bot. Empty before the first connection. */
  readonly listPeople: () => readonly ChannelMember[];
  /** Finds a member who sits in the channel now. */
  readonly findPerson: (personId: PersonId) => ChannelMember | undefined;
  /** Returns the name of a person who sits here or asked something, else `Someone`. */
  readonly getName: (personId: PersonId) => string;
  /** Returns a person's own settings, empty before `loadChoices`. */
  readonly getChoices: (personId: PersonId) => PersonSettings;
  /** Loads a person's own settings. Undefined after a failure, which is reported. Never rejects. */
  readonly loadChoices: (personId: PersonId) => Promise<PersonSettings | undefined>;
  /** Languages in which people are heard and answered. */
  readonly languages: SpeakerLanguages;
  /** Returns true for the first time of an event in this session, and notes the event. */
  readonly isFirst: (event: OnceInSession) => boolean;
};
