import type { Feature } from '#src/features/contract/feature.ts';
import { type ChatReadAloud, createChatReadAloud } from './chat-read-aloud.ts';
import { createProgramAnswers, type ProgramAnswers } from './program-answers.ts';
import { ProgramTranscriptions } from './program-transcriptions.ts';
import { TypedMessageHandler } from './typed-message-handler.ts';
import { type TypedRequestNeeds, TypedRequests } from './typed-requests.ts';
import { createVoicesAndPreviews, type VoicesAndPreviews } from './voices-and-previews.ts';
import { offerWrittenAnswers } from './written-answer-offers.ts';

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
      const answers = createProgramAnswers(deps, sessions, recordings, signal);
      const forget = (guildId: GuildId) => answers.keptWords.forget(`${guildId} `);
      typed.setListener(new TypedMessageHandler(deps, sessions, { talk, lines }, typed, signal));
      return {
        createSession: (session) => offerWrittenAnswers(session, deps.peopleSettings),
        ports: {
          typed: talk,
          chatReadAloud: lines,
          voices: createVoicesAndPreviews(deps, sessions, models.speech, signal),
          programAnswers: answers,
          programTranscriptions: new ProgramTranscriptions(
            deps,
            recordings,
            models.transcription,
            weights,
            signal,
          ),
        },
        person: {
          forgetPerson(guildId, _personId, reason) {
            if (reason === 'forgotten') forget(guildId);
          },
        },
        async eraseServer(guildId) {
          forget(guildId);
          return 0;
        },
      };
    },
  }),
};
