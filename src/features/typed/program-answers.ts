import type { GuildId } from '#src/base/ids.ts';
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
import type { PipelineName, ReplyPart, ReplyStyle } from '#src/pipeline/pipeline.ts';
import { type StoredSettings, toSpokenStyle } from '#src/settings/stored-settings.ts';
import type { Recordings } from '#src/sources/recordings.ts';
import { holdStream } from './held-stream.ts';
import { KeptWords } from './kept-words.ts';
import { isPicture, ProgramConversation } from './program-conversation.ts';
import { openProgramSpeech } from './program-speech.ts';
import { runOnce } from './question-utterances.ts';
import { openUnspokenAnswer, type UnspokenQuestion } from './unspoken-answer.ts';

const maxPerServer = 4;

type ProgramSettings = Pick<StoredSettings, 'getForGuild' | 'getStyle' | 'loadGuild'>;

/** Answers programs over HTTP, with four answers at a time in each server. */
export class ProgramAnswers {
  readonly keptWords: KeptWords;
  readonly #deps: SessionDependencies;
  readonly #settings: ProgramSettings;
  readonly #recordings: Recordings;
  readonly #ending: AbortSignal;
  readonly #concurrency = new WrittenAnswerConcurrency(maxPerServer, maxPerServer);

  /** Creates the answers. Aborting `ending` ends them and forgets the kept words. */
  constructor(
    deps: SessionDependencies,
    settings: ProgramSettings,
    recordings: Recordings,
    ending: AbortSignal,
  ) {
    this.#deps = deps;
    this.#settings = settings;
    this.#recordings = recordings;
    this.#ending = ending;
    const keptWords = new KeptWords(deps.clock);
    ending.addEventListener('abort', () => keptWords.forget(), { once: true });
    this.keptWords = keptWords;
  }

  /**
   * Lists pipelines, the server's own first, without Realtime, since its conversation
   * belongs to one channel.
   */
  listPipelines(guildId: GuildId): readonly PipelineName[] {
    const { pipeline } = this.#settings.getForGuild(guildId);
    return this.#deps.pipelines.names
      .filter((name) => name !== 'realtime')
      .toSorted((a, b) => Number(b === pipeline) - Number(a === pipeline));
  }

  /** Answers a question. The parts throw errors of the pipeline. */
  answerQuestion(
    question: ProgramQuestion,
    signal: AbortSignal,
  ): Promise<ProgramAnswer> {
    return this.#openInSlot(question, signal, (until) =>
      this.#openAnswer(question, until),
    );
  }

  /**
   * Speaks a text, mono at `speakRateHz`. The sound throws errors of the synthesizer.
   */
  openSpeech(text: ProgramText, signal: AbortSignal): Promise<ProgramSpeech> {
    return this.#openInSlot(text, signal, (until) =>
      openProgramSpeech('speech to a program', text, this.#deps, this.#settings, until),
    );
  }

  /** The stream counts for the limit until it was read. */
  async #openInSlot<Part, Other extends { readonly kind: 'failed' | 'unspeakable' }>(
    { asker, guildId }: Pick<ProgramQuestion, 'asker' | 'guildId'>,
    signal: AbortSignal,
    open: (until: AbortSignal) => Promise<OpenStream<Part> | Other>,
  ): Promise<OpenStream<Part> | Other | FailedStream> {
    using stack = new DisposableStack();
    if (!stack.use(this.#concurrency.enter(guildId, asker.id))) return tooMuchAtOnce;
    const until = AbortSignal.any([signal, this.#ending]);
    const answer = await open(until);
    if (answer.kind !== 'open') return answer;
    return { kind: 'open', parts: holdStream(answer.parts, stack.move(), until) };
  }

  async #openAnswer(
    question: ProgramQuestion,
    signal: AbortSignal,
  ): Promise<ProgramAnswer> {
    const { guildId, onUsage, speechModel: model, voice } = question;
    await this.#settings.loadGuild(guildId);
    const style = toSpokenStyle(this.#settings.getStyle(guildId), { voice, model });
    const over = new AbortController();
    const until = AbortSignal.any([signal, over.signal]);
    const unspokenQuestion = this.#toUnspokenQuestion(question, style, until);
    const answers: AsyncIterable<ReplyPart>[] = [];
    while (answers.length < question.choices) {
      const answer = openUnspokenAnswer(unspokenQuestion, this.#deps, until, onUsage);
      if (answer.kind === 'failed') {
        // Reservations of the other answers become free.
        over.abort();
        return answer;
      }
      answers.push(answer.parts);
    }
    return { kind: 'open', parts: readInTurn(answers, over) };
  }

  #toUnspokenQuestion(
    question: ProgramQuestion,
    style: ReplyStyle,
    signal: AbortSignal,
  ): UnspokenQuestion {
    const { asker, guildId, isSpoken } = question;
    const { pipelines } = this.#deps;
    const conversation = new ProgramConversation(
      question,
      {
        ...this.#deps,
        style,
        recordings: this.#recordings,
        keptWords: this.keptWords,
      },
      signal,
    );
    return {
      askerId: asker.id,
      guildId,
      pipeline: isSpoken
        ? pipelines.open(this.#choosePipeline(question))
        : pipelines.textOnly(),
      isWritten: !isSpoken,
      turn: conversation.toKnownTurn(),
      ready: runOnce(() => conversation.toRecognisedTurn()),
    };
  }

  #choosePipeline({
    guildId,
    messages,
    pipeline,
  }: Pick<ProgramQuestion, 'guildId' | 'messages' | 'pipeline'>) {
    if (messages.some(({ content }) => content.some(isPicture))) return 'chained';
    return pipeline ?? this.listPipelines(guildId)[0] ?? 'chained';
  }
}

/** Reads one answer after the other. Ending the stream early ends unread answers. */
async function* readInTurn(
  answers: readonly AsyncIterable<ReplyPart>[],
  over: AbortController,
) {
  try {
    yield* answers;
  } finally {
    over.abort();
  }
}
