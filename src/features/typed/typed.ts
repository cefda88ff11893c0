import type { Feature } from '#src/features/contract/feature.ts';
import { type ChatReadAloud, chatReadAloud } from './chat-read-aloud.ts';
import { type ProgramAnswers, programAnswers } from './program-answers.ts';
import { ProgramTranscriptions } from './program-transcriptions.ts';
import { TypedMessageHandler } from './typed-message-handler.ts';
import { type TypedNeeds, TypedRequests } from './typed-requests.ts';
import { type VoicesAndPreviews, voicesAndPreviews } from './voices-and-previews.ts';
import { writtenAnswerOffers } from './written-answer-offers.ts';

type TypedPorts = {
  readonly typed: TypedRequests;
  readonly chatReadAloud: ChatReadAloud;
  readonly voices: VoicesAndPreviews;
  readonly programAnswers: ProgramAnswers;
  readonly programTranscriptions: ProgramTranscriptions;
};

/** Typed talk: lines in the chat, commands and programs that ask the bot, or have it say something. */
export const typedTalk: Feature<TypedPorts, TypedNeeds> = {
  name: 'typed talk',
  open: ({ longestWritingMs, models, recordings, weights }) => ({
    shard({ parts, sessions, signal, sources, typed, writtenQuestions }, others) {
      const talk = new TypedRequests({
        ...others,
        parts,
        sessions,
        recordings,
        tools: sources.tools,
        writtenQuestions,
        longestWritingMs,
        ending: signal,
      });
      const lines = chatReadAloud(sessions, parts);
      const answers = programAnswers(parts, sessions, recordings, signal);
      const forget = (guildId: GuildId) => answers.keptWords.forget(`${guildId} `);
      typed.listen(new TypedMessageHandler(parts, sessions, { talk, lines }, typed, signal));
      return {
        session: (session) => writtenAnswerOffers(session, parts.peopleSettings),
        ports: {
          typed: talk,
          chatReadAloud: lines,
          voices: voicesAndPreviews(parts, sessions, models.speech, signal),
          programAnswers: answers,
          programTranscriptions: new ProgramTranscriptions(
            parts,
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
