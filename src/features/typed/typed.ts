import type { Feature } from '#src/conversation/feature.ts';
import { LineReader } from './line-reader.ts';
import { SessionProgramAnswers } from './program-answers.ts';
import { SessionProgramTranscriptions } from './program-transcriptions.ts';
import { SessionVoices } from './session-voices.ts';
import { TypedLines } from './typed-lines.ts';
import { TypedRequests } from './typed-requests.ts';

/** Typed talk: lines in the chat, commands and programs that ask the bot, or have it say something. */
export const typedTalk: Feature = {
  name: 'typed talk',
  open: ({ longestWritingMs, models, recordings, weights }) => ({
    shard({ parts, sessions, signal, sources: { writtenQuestions }, typed }) {
      const talk = new TypedRequests(
        parts,
        sessions,
        recordings,
        writtenQuestions,
        longestWritingMs,
        signal,
      );
      const lines = new LineReader(parts, sessions);
      typed.listen(new TypedLines(parts, sessions, { talk, lines }, typed, signal));
      return {
        ports: [
          talk,
          lines,
          new SessionVoices(parts, sessions, models.speech, signal),
          new SessionProgramAnswers(parts, sessions, recordings, signal),
          new SessionProgramTranscriptions(
            parts,
            recordings,
            models.transcription,
            weights,
            signal,
          ),
        ],
      };
    },
  }),
};
