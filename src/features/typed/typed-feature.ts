import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { Owners } from '#src/conversation/session.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type { Feature } from '#src/features/contract/feature.ts';
import { toOpenText } from '#src/people/confidential-text.ts';
import type { FeatureSession } from '#src/ports/feature-session.ts';
import { type ChatReadAloud, createChatReadAloud } from './chat-read-aloud.ts';
import { createProgramAnswers, type ProgramAnswers } from './program-answers.ts';
import {
  createProgramTranscriptions,
  type ProgramTranscriptions,
} from './program-transcriptions.ts';
import { TypedMessageHandler } from './typed-message-handler.ts';
import { type TypedRequestNeeds, TypedRequests } from './typed-requests.ts';
import {
  createVoicesAndPreviews,
  type VoicesAndPreviews,
} from './voices-and-previews.ts';

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
export const typedFeature: Feature<TypedPorts, TypedRequestNeeds> = {
  name: 'typed talk',
  open: ({ longestWritingMs, models, recordings, weights }) => ({
    openShard({ deps, sessions, signal, sources, typed, writtenQuestions }, others) {
      const { settings } = sessions;
      const talk = new TypedRequests({
        ...others,
        deps,
        sessions,
        recordings,
        tools: sources.listTools,
        writtenQuestions,
        longestWritingMs,
        ending: signal,
      });
      const lines = createChatReadAloud(sessions, deps);
      const answers = createProgramAnswers(deps, settings, recordings, signal);
      const forgetServer = (guildId: GuildId) =>
        answers.keptWords.forget(`${guildId} `);
      typed.setListener(
        new TypedMessageHandler(deps, sessions, { talk, lines }, typed, signal),
      );
      return {
        createSession: (session) => offerWrittenAnswers(session, deps.peopleSettings),
        ports: {
          typed: talk,
          chatReadAloud: lines,
          voices: createVoicesAndPreviews(deps, settings, models.speech, signal),
          programAnswers: answers,
          programTranscriptions: createProgramTranscriptions(
            deps,
            recordings,
            models.transcription,
            weights,
            signal,
          ),
        },
        person: {
          forgetPerson(guildId, _personId, reason) {
            if (reason === 'forgotten') forgetServer(guildId);
          },
        },
        async eraseServer(guildId) {
          forgetServer(guildId);
          return 0;
        },
      };
    },
  }),
};

/** Once in each server. */
function offerWrittenAnswers(
  {
    consent,
    notices,
    place,
    speech,
  }: Owners<'consent' | 'notices' | 'place' | 'speech'>,
  peopleSettings: SessionDependencies['peopleSettings'],
): FeatureSession {
  const { guildId, name } = place.channel;
  const seen = new Set<string>();

  async function offerToPerson(personId: PersonId) {
    const signal = consent.withdrawals.getSignal(personId);
    const own = await place.loadChoices(personId);
    if (!own || own.answers !== undefined || signal.aborted) return;
    // The offer is stored first, so that a person is asked once at most.
    const stored = await peopleSettings.changeSettings(guildId, personId, {
      answers: 'spoken',
    });
    if (!stored.isSaved) return;
    const line = { id: 'voice.answers.offer', with: { channel: name } } as const;
    await notices
      .tellPerson(personId, toOpenText(notices.formatWrittenText(line)), signal)
      .catch(() => undefined);
  }

  return {
    onPresence(people) {
      if (!consent.isLoaded || !speech.canSpeak()) return;
      for (const { id, isBot, isDeaf } of people) {
        if (!isDeaf || isBot || seen.has(id) || consent.getStanding(id) === 'no')
          continue;
        seen.add(id);
        void offerToPerson(id);
      }
    },
  };
}
