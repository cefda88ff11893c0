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
import { toSpokenStyle } from '#src/settings/stored-settings.ts';
import type { Recordings } from '#src/sources/recordings.ts';
import { holdStream } from './held-stream.ts';
import { createKeptWords } from './kept-words.ts';
import { createProgramConversation, isPicture } from './program-conversation.ts';
import { openProgramSpeech } from './program-speech.ts';
import { runOnce } from './question-utterances.ts';
import { openUnspokenAnswer } from './unspoken-answer.ts';

/** Answers and texts that programs get at once in one server; what comes above it is refused. */
const maxPerServer = 4;

export type ProgramAnswers = ReturnType<typeof createProgramAnswers>;

/**
 * Answers and speech for programs, which no channel hears, within the budgets of their server and their token. Aborting `ending`
 * ends them.
 */
export function createProgramAnswers(
  deps: SessionDependencies,
  sessions: VoiceSessions,
  recordings: Public<Recordings>,
  ending: AbortSignal,
) {
  const kept = createKeptWords(deps.clock);
  ending.addEventListener('abort', () => kept.forget(), { once: true });
  const limits = new WrittenAnswerConcurrency(maxPerServer, maxPerServer);

  /** Opens a stream that counts for the limit of the server until it has been read. */
  async function openInSlot<Part, Other extends { readonly kind: 'failed' | 'unspeakable' }>(
    { asker, guildId }: Pick<ProgramQuestion, 'asker' | 'guildId'>,
    signal: AbortSignal,
    open: (until: AbortSignal) => Promise<OpenStream<Part> | Other>,
  ): Promise<OpenStream<Part> | Other | FailedStream> {
    const place = limits.enter(guildId, asker.id);
    if (typeof place === 'string') return tooMuchAtOnce;
    using stack = new DisposableStack();
    stack.use(place);
    const until = AbortSignal.any([signal, ending]);
    const answerQuestion = await open(until);
    if (answerQuestion.kind !== 'open') return answerQuestion;
    return { kind: 'open', parts: holdStream(answerQuestion.parts, stack.move(), until) };
  }

  async function openAnswer(
    question: ProgramQuestion,
    signal: AbortSignal,
  ): Promise<ProgramAnswer> {
    const { asker, guildId, isSpoken, onUsage, speechModel: model, voice } = question;
    const { pipelines: listPipelines } = deps;
    const { settings } = sessions;
    await settings.loadGuild(guildId);
    const style = toSpokenStyle(settings.getStyle(guildId), { voice, model });
    const over = new AbortController();
    const until = AbortSignal.any([signal, over.signal]);
    const own = { ...deps, style, recordings, kept };
    const conversation = createProgramConversation(question, own, until);
    const asked = {
      askerId: asker.id,
      guildId,
      pipeline: isSpoken ? listPipelines.open(choosePipeline(question)) : listPipelines.textOnly(),
      isWritten: !isSpoken,
      turn: conversation.toKnownTurn(),
      ready: runOnce(conversation.toRecognisedTurn),
    };
    const answers: AsyncIterable<ReplyPart>[] = [];
    while (answers.length < question.choices) {
      const answerQuestion = openUnspokenAnswer(asked, deps, until, onUsage);
      if (answerQuestion.kind === 'failed') {
        over.abort(); // frees what is set aside for the others
        return answerQuestion;
      }
      answers.push(answerQuestion.parts);
    }
    async function* readInTurn(): AsyncGenerator<AsyncIterable<ReplyPart>> {
      try {
        yield* answers;
      } finally {
        over.abort(); // ends what is left of them
      }
    }
    return { kind: 'open', parts: readInTurn() };
  }

  function choosePipeline({ guildId, messages, pipeline }: ProgramQuestion): PipelineName {
    if (messages.some(({ content }) => content.some(isPicture))) return 'chained';
    return pipeline ?? listPipelines(guildId)[0] ?? 'chained';
  }

  /**
   * Pipelines that a program may ask for, the server's own first. A Realtime conversation belongs to one channel, so it is not
   * among them.
   */
  function listPipelines(guildId: GuildId): readonly PipelineName[] {
    const own = sessions.settings.getForGuild(guildId).pipeline;
    const names = deps.pipelines.names.filter((name) => name !== 'realtime');
    return names.toSorted((one, other) => Number(other === own) - Number(one === own));
  }

  return {
    pipelines: listPipelines,
    keptWords: kept,

    /**
     * Begins an answer, if the budget and the limit of concurrent answers allow it.
     *
     * Reading its parts throws what a pipeline throws. Aborting `signal` throws its reason.
     */
    answer(question: ProgramQuestion, signal: AbortSignal): Promise<ProgramAnswer> {
      return openInSlot(question, signal, (until) => openAnswer(question, until));
    },

    /**
     * Begins to speak a text, if the budget and the limit of concurrent answers allow it.
     *
     * Reading the sound, mono at `speakRateHz`, throws what a synthesizer throws. Aborting `signal` throws its reason.
     */
    openSpeech(text: ProgramText, signal: AbortSignal): Promise<ProgramSpeech> {
      return openInSlot(text, signal, (until) =>
        openProgramSpeech('speech to a program', text, deps, sessions.settings, until),
      );
    },
  };
}
