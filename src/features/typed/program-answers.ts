import type { GuildId } from '#src/base/ids.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type {
  FailedStream,
  OpenStream,
  ProgramAnswer,
  ProgramQuestion,
  ProgramText,
} from '#src/features/contract/http-api-ports.ts';
import {
  tooMuchAtOnce,
  WrittenAnswerConcurrency,
} from '#src/features/contract/written-answer-concurrency.ts';
import type { ReplyPart } from '#src/pipeline/pipeline.ts';
import { type StoredSettings, toSpokenStyle } from '#src/settings/stored-settings.ts';
import type { Recordings } from '#src/sources/recordings.ts';
import { holdStream } from './held-stream.ts';
import { createKeptWords } from './kept-words.ts';
import { createProgramConversation, isPicture } from './program-conversation.ts';
import { openProgramSpeech } from './program-speech.ts';
import { runOnce } from './question-utterances.ts';
import { openUnspokenAnswer } from './unspoken-answer.ts';

const maxPerServer = 4;

export type ProgramAnswers = ReturnType<typeof createProgramAnswers>;

/** Creates answers to programs over HTTP. Aborting `ending` ends them. */
export function createProgramAnswers(
  deps: SessionDependencies,
  settings: Pick<StoredSettings, 'getForGuild' | 'getStyle' | 'loadGuild'>,
  recordings: Recordings,
  ending: AbortSignal,
) {
  const kept = createKeptWords(deps.clock);
  ending.addEventListener('abort', () => kept.forget(), { once: true });
  const limits = new WrittenAnswerConcurrency(maxPerServer, maxPerServer);

  /** The stream counts for the limit until it was read. */
  async function openInSlot<
    Part,
    Other extends { readonly kind: 'failed' | 'unspeakable' },
  >(
    { asker, guildId }: Pick<ProgramQuestion, 'asker' | 'guildId'>,
    signal: AbortSignal,
    open: (until: AbortSignal) => Promise<OpenStream<Part> | Other>,
  ): Promise<OpenStream<Part> | Other | FailedStream> {
    using stack = new DisposableStack();
    if (!stack.use(limits.enter(guildId, asker.id))) return tooMuchAtOnce;
    const until = AbortSignal.any([signal, ending]);
    const answer = await open(until);
    if (answer.kind !== 'open') return answer;
    return { kind: 'open', parts: holdStream(answer.parts, stack.move(), until) };
  }

  async function openAnswer(
    question: ProgramQuestion,
    signal: AbortSignal,
  ): Promise<ProgramAnswer> {
    const { asker, guildId, isSpoken, onUsage, speechModel: model, voice } = question;
    const { pipelines: listPipelines } = deps;
    await settings.loadGuild(guildId);
    const style = toSpokenStyle(settings.getStyle(guildId), { voice, model });
    const over = new AbortController();
    const until = AbortSignal.any([signal, over.signal]);
    const own = { ...deps, style, recordings, kept };
    const conversation = createProgramConversation(question, own, until);
    const asked = {
      askerId: asker.id,
      guildId,
      pipeline: isSpoken
        ? listPipelines.open(choosePipeline(question))
        : listPipelines.textOnly(),
      isWritten: !isSpoken,
      turn: conversation.toKnownTurn(),
      ready: runOnce(conversation.toRecognisedTurn),
    };
    const answers: AsyncIterable<ReplyPart>[] = [];
    while (answers.length < question.choices) {
      const answer = openUnspokenAnswer(asked, deps, until, onUsage);
      if (answer.kind === 'failed') {
        // Reservations of the other answers become free.
        over.abort();
        return answer;
      }
      answers.push(answer.parts);
    }
    async function* readInTurn() {
      try {
        yield* answers;
      } finally {
        // Unread answers are ended.
        over.abort();
      }
    }
    return { kind: 'open', parts: readInTurn() };
  }

  function choosePipeline({
    guildId,
    messages,
    pipeline,
  }: Pick<ProgramQuestion, 'guildId' | 'messages' | 'pipeline'>) {
    if (messages.some(({ content }) => content.some(isPicture))) return 'chained';
    return pipeline ?? listPipelines(guildId)[0] ?? 'chained';
  }

  /**
   * Lists pipelines, the server's own first, without Realtime, since its conversation
   * belongs to one channel.
   */
  function listPipelines(guildId: GuildId) {
    const own = settings.getForGuild(guildId).pipeline;
    return deps.pipelines.names
      .filter((name) => name !== 'realtime')
      .toSorted((one, other) => Number(other === own) - Number(one === own));
  }

  return {
    pipelines: listPipelines,
    keptWords: kept,

    /** Answers a question. The parts throw errors of the pipeline. */
    answer(question: ProgramQuestion, signal: AbortSignal) {
      return openInSlot(question, signal, (until) => openAnswer(question, until));
    },

    /**
     * Speaks a text, mono at `speakRateHz`. The sound throws errors of the synthesizer.
     */
    openSpeech(text: ProgramText, signal: AbortSignal) {
      return openInSlot(text, signal, (until) =>
        openProgramSpeech('speech to a program', text, deps, settings, until),
      );
    },
  };
}
