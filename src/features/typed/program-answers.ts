import type { Public } from '#src/base/public.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type {
  FailedStream,
  OpenStream,
  ProgramAnswer,
  ProgramQuestion,
  ProgramSpeech,
  ProgramText,
} from '#src/features/contract/http-api-ports.ts';
import {
  tooMuchAtOnce,
  WrittenAnswerConcurrency,
} from '#src/features/contract/written-answer-concurrency.ts';
import type { PipelineName, ReplyPart } from '#src/pipeline/pipeline.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import { styleIn } from '#src/settings/stored-settings.ts';
import type { Recordings } from '#src/sources/recordings.ts';
import { heldStream } from './held-stream.ts';
import { keptWords } from './kept-words.ts';
import { isPicture, programConversation } from './program-conversation.ts';
import { openSpeech } from './program-speech.ts';
import { once } from './question-utterances.ts';
import { openUnspokenAnswer } from './unspoken-answer.ts';

/** Answers and texts that programs get at once in one server; what comes above it is refused. */
const mostInServer = 4;

export type ProgramAnswers = ReturnType<typeof programAnswers>;

/**
 * Answers and speech for programs, which no channel hears, within the budgets of their server and their token. Aborting `ending`
 * ends them.
 */
export function programAnswers(
  parts: SessionDependencies,
  sessions: VoiceSessions,
  recordings: Public<Recordings>,
  ending: AbortSignal,
) {
  const kept = keptWords(parts.clock);
  ending.addEventListener('abort', () => kept.forget(), { once: true });
  const limits = new WrittenAnswerConcurrency(mostInServer, mostInServer);

  /** Opens a stream that counts for the limit of the server until it has been read. */
  async function placed<Part, Other extends { readonly kind: 'failed' | 'unspeakable' }>(
    { asker, guildId }: Pick<ProgramQuestion, 'asker' | 'guildId'>,
    signal: AbortSignal,
    open: (until: AbortSignal) => Promise<OpenStream<Part> | Other>,
  ): Promise<OpenStream<Part> | Other | FailedStream> {
    const place = limits.enter(guildId, asker.id);
    if (typeof place === 'string') return tooMuchAtOnce;
    using stack = new DisposableStack();
    stack.use(place);
    const until = AbortSignal.any([signal, ending]);
    const answer = await open(until);
    if (answer.kind !== 'open') return answer;
    return { kind: 'open', parts: heldStream(answer.parts, stack.move(), until) };
  }

  async function openAnswer(
    question: ProgramQuestion,
    signal: AbortSignal,
  ): Promise<ProgramAnswer> {
    const { asker, guildId, isSpoken, onUsage, speechModel: model, voice } = question;
    const { pipelines } = parts;
    const { settings } = sessions;
    await settings.load(guildId);
    const style = styleIn(settings.styleIn(guildId), { voice, model });
    const over = new AbortController();
    const until = AbortSignal.any([signal, over.signal]);
    const own = { ...parts, style, recordings, kept };
    const conversation = programConversation(question, own, until);
    const asked = {
      askerId: asker.id,
      guildId,
      pipeline: isSpoken ? pipelines.open(pipelineFor(question)) : pipelines.textOnly(),
      isWritten: !isSpoken,
      turn: conversation.known(),
      ready: once(conversation.recognised),
    };
    const answers: AsyncIterable<ReplyPart>[] = [];
    while (answers.length < question.choices) {
      const answer = openUnspokenAnswer(asked, parts, until, onUsage);
      if (answer.kind === 'failed') {
        over.abort(); // frees what is set aside for the others
        return answer;
      }
      answers.push(answer.parts);
    }
    async function* inTurn(): AsyncGenerator<AsyncIterable<ReplyPart>> {
      try {
        yield* answers;
      } finally {
        over.abort(); // ends what is left of them
      }
    }
    return { kind: 'open', parts: inTurn() };
  }

  function pipelineFor({ guildId, messages, pipeline }: ProgramQuestion): PipelineName {
    if (messages.some(({ content }) => content.some(isPicture))) return 'chained';
    return pipeline ?? pipelinesOf(guildId)[0] ?? 'chained';
  }

  /**
   * Pipelines that a program may ask for, the server's own first. A Realtime conversation belongs to one channel, so it is not
   * among them.
   */
  function pipelinesOf(guildId: GuildId): readonly PipelineName[] {
    const own = sessions.settings.in(guildId).pipeline;
    const names = parts.pipelines.names.filter((name) => name !== 'realtime');
    return names.toSorted((one, other) => Number(other === own) - Number(one === own));
  }

  return {
    pipelines: pipelinesOf,
    keptWords: kept,

    /**
     * Begins an answer, if the budget and the limit of concurrent answers allow it.
     *
     * Reading its parts throws what a pipeline throws. Aborting `signal` throws its reason.
     */
    answer(question: ProgramQuestion, signal: AbortSignal): Promise<ProgramAnswer> {
      return placed(question, signal, (until) => openAnswer(question, until));
    },

    /**
     * Begins to speak a text, if the budget and the limit of concurrent answers allow it.
     *
     * Reading the sound, mono at `speakRateHz`, throws what a synthesizer throws. Aborting `signal` throws its reason.
     */
    speak(text: ProgramText, signal: AbortSignal): Promise<ProgramSpeech> {
      return placed(text, signal, (until) =>
        openSpeech('speech to a program', text, parts, sessions.settings, until),
      );
    },
  };
}
