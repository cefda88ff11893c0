import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { SessionConsent } from '#src/conversation/consent/session-consent.ts';
import type { Mouth } from '#src/conversation/mouth/mouth.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type {
  Feature,
  FeatureProcessDeps,
  FeatureShardDeps,
} from '#src/features/contract/feature.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import { toOpenText } from '#src/people/owned.ts';
import type { FeatureSession } from '#src/ports/feature-session.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import { MessageAuthors } from '#src/sessions/message-authors.ts';
import type { FeatureShard } from '#src/sessions/shard-features.ts';
import { ChatReadAloud } from './chat-read-aloud.ts';
import { ProgramAnswers } from './program-answers.ts';
import { ProgramTranscriptions } from './program-transcriptions.ts';
import { SmallModelNotice } from './small-model-notice.ts';
import { TypedMessageHandler } from './typed-message-handler.ts';
import { type TypedFeatureDeps, TypedRequests } from './typed-requests.ts';
import { VoicesAndPreviews } from './voices-and-previews.ts';

type TypedPorts = {
  readonly typed: TypedRequests;
  readonly chatReadAloud: ChatReadAloud;
  readonly voices: VoicesAndPreviews;
  readonly programAnswers: ProgramAnswers;
  readonly programTranscriptions: ProgramTranscriptions;
};

/**
 * Lines in chats, commands and programs that ask the bot, or have it say something.
 *
 * @example
 * import { typedFeature } from '#src/features/typed/typed-feature.ts';
 *
 * typedFeature.name; // 'typed talk'
 */
export const typedFeature: Feature<TypedPorts, TypedFeatureDeps> = {
  name: 'typed talk',
  open: (processDeps) => ({
    openShard: (shardDeps, otherPorts) =>
      openTypedShard(processDeps, shardDeps, otherPorts),
  }),
};

type TypedShard = FeatureShard & { readonly ports: TypedPorts };

function openTypedShard(
  { longestWritingMs, models, recordings, weights }: FeatureProcessDeps,
  { deps, sessions, signal, sharedDeps, typed, writtenQuestions }: FeatureShardDeps,
  otherPorts: TypedFeatureDeps,
): TypedShard {
  const { settings } = sessions;
  const authors = new MessageAuthors(sessions);
  const requests = new TypedRequests({
    ...otherPorts,
    deps,
    sessions,
    authors,
    recordings,
    listTools: sharedDeps.listTools,
    writtenQuestions,
    longestWritingMs,
    ending: signal,
  });
  const reader = new ChatReadAloud(sessions, authors, deps);
  const answers = new ProgramAnswers(deps, settings, recordings, signal);
  const toldGuilds = new Set<GuildId>();
  const forgetServer = (guildId: GuildId) => {
    answers.keptWords.forget(`${guildId} `);
    deps.forgetTalks?.();
  };
  typed.setListener(
    new TypedMessageHandler(
      deps,
      sessions,
      { authors, requests, reader },
      typed,
      signal,
    ),
  );
  const ports: TypedPorts = {
    typed: requests,
    chatReadAloud: reader,
    voices: new VoicesAndPreviews(deps, settings, models.speech, signal),
    programAnswers: answers,
    programTranscriptions: new ProgramTranscriptions(
      deps,
      recordings,
      models.transcription,
      weights,
      signal,
    ),
  };
  return {
    ports,
    createSession: (session) => {
      const offers = new WrittenAnswerOffers(session, deps.peopleSettings);
      const { isSmallModel } = deps;
      if (!isSmallModel) return offers;
      const notice = new SmallModelNotice({ session, isSmallModel, toldGuilds });
      return {
        onPresence: (people) => offers.onPresence(people),
        onSpoken: (segment) => notice.onSpoken(segment),
      };
    },
    person: { forgetQuotes: forgetServer },
    async eraseServer({ guildId }) {
      forgetServer(guildId);
      return 0;
    },
  };
}

type OfferSession = {
  readonly consent: SessionConsent;
  readonly notices: ChannelNotices;
  readonly voiceChannel: SessionChannel;
  readonly mouth: Mouth;
};

/** Offers written answers to people who do not hear the bot, once in each server. */
class WrittenAnswerOffers implements FeatureSession {
  readonly #session: OfferSession;
  readonly #peopleSettings: SessionDependencies['peopleSettings'];
  readonly #seenIds = new Set<PersonId>();

  constructor(
    session: OfferSession,
    peopleSettings: SessionDependencies['peopleSettings'],
  ) {
    this.#session = session;
    this.#peopleSettings = peopleSettings;
  }

  /** Offers to deafened people who were not seen deafened in this session before. */
  onPresence(people: readonly ChannelMember[]): void {
    const { consent, mouth } = this.#session;
    if (!consent.isLoaded || !mouth.canSpeak()) return;
    for (const { id, isBot, isDeaf } of people) {
      if (!isDeaf || isBot || this.#seenIds.has(id)) continue;
      if (consent.getStanding(id) === 'no') continue;
      this.#seenIds.add(id);
      void this.#offerToPerson(id);
    }
  }

  async #offerToPerson(personId: PersonId) {
    const { consent, notices, voiceChannel } = this.#session;
    const { guildId, name } = voiceChannel.channel;
    const signal = consent.withdrawals.getSignal(personId);
    const settings = await voiceChannel.loadChoices(personId);
    if (!settings || settings.answers !== undefined || signal.aborted) return;
    // The offer is stored first, so that a person is asked once at most.
    const stored = await this.#peopleSettings.changeSettings(guildId, personId, {
      answers: 'spoken',
    });
    if (!stored.isSaved) return;
    const offer = { id: 'voice.answers.offer', with: { channel: name } } as const;
    await notices
      .tellPerson(personId, toOpenText(notices.formatWrittenText(offer)), signal)
      .catch(() => undefined);
  }
}
