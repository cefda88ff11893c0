import { neverAborted } from '#src/base/bounded-wait.ts';
import type { ChatModel, ChatPart } from '#src/chat/chat-model.ts';
import { withLoadingReport, withMeter } from '#src/chat/metered-chat.ts';
import { withVoiceMeter } from '#src/speech/fallbacks/speech-chains.ts';
import type { Synthesizer } from '#src/speech/speech-engine.ts';
import {
  type AnswerHost,
  type AnswerSound,
  chooseAnswerSound,
  createPrompt,
  createPromptHead,
  type Pipeline,
  type ReplyPart,
  type Turn,
} from './pipeline.ts';
import {
  type BoundedQueue,
  type QueueBound,
  runAhead,
  speakClauses,
} from './read-ahead-speech.ts';
import {
  ClauseWriter,
  findAside,
  type WrittenAnswerRequest,
  writeAnswer,
} from './written-answer.ts';

/** Bound of a reply: one piece of sound lies ready, and text never waits for the reader. */
const replyBound: QueueBound<ReplyPart> = {
  limit: 1,
  weigh: ({ kind }) => (kind === 'audio' ? 1 : 0),
};

/** Length after which an answer is cut, so that a derailed model ends after about 18 minutes of speech. */
export const maxAnswerChars = 16_000;
/** The length of the answer is the bound, so a clause never waits. */
const clauseBound: QueueBound<string> = {
  limit: maxAnswerChars,
  weigh: ({ length }) => length,
};

/**
 * Answers with a chat model on recognised words, whose text is spoken clause by clause while it is written.
 *
 * Reads ahead the whole text, and the sound of three clauses.
 *
 * @example
 * import { createStandIn } from '#src/chat/chat-stand-in-model.ts';
 * import { createChainedPipeline } from '#src/pipeline/chained-pipeline.ts';
 * import type { Synthesizer } from '#src/speech/speech-engine.ts';
 *
 * declare const synthesizer: Synthesizer;
 * const chat = createStandIn({ wallMs: () => 0, random: () => 0, botName: 'Nova' });
 * createChainedPipeline({ chat, synthesizer });
 */
export function createChainedPipeline({
  chat,
  synthesizer,
}: {
  readonly chat: ChatModel;
  readonly synthesizer: Synthesizer;
}): Pipeline {
  const { answer } = createReadAheadPipeline(
    async (turn, answerHost, queue, signal) => {
      const request = await createWrittenRequest(chat, turn, answerHost, signal);
      if (!request) return;
      const writing = {
        ...request,
        chat: withWordsJudge(request.chat, answerHost.wordsJudge),
      };
      const { voice, asideNotice } = chooseAnswerSound(turn);
      const clauses = runAhead<string>(
        clauseBound,
        (spoken, inner) => writeClauses(writing, queue, { asideNotice, spoken }, inner),
        signal,
      );
      const counted = withVoiceMeter(synthesizer, answerHost.meter);
      await speakClauses(clauses, { synthesizer: counted, voice }, queue, signal);
    },
  );
  return {
    answer,
    prepare: (create) =>
      chat.prepare?.(() => {
        const turn = create();
        const { tools, until: signal = neverAborted } = turn;
        return { messages: createPromptHead(turn), tools, signal };
      }),
  };
}

/** Creates a pipeline that puts the parts of a reply into a queue, ahead of its reader. */
export function createReadAheadPipeline(
  answerTurn: (
    turn: Turn,
    answerHost: AnswerHost,
    queue: BoundedQueue<ReplyPart>,
    signal: AbortSignal,
  ) => Promise<void>,
): Pipeline {
  return {
    answer: (turn, answerHost, signal) =>
      runAhead(
        replyBound,
        (queue, inner) => answerTurn(turn, answerHost, queue, inner),
        signal,
      ),
  };
}

async function createWrittenRequest(
  chat: ChatModel,
  turn: Turn,
  answerHost: AnswerHost,
  signal: AbortSignal,
): Promise<WrittenAnswerRequest | undefined> {
  const prompt = await createPrompt(turn, signal);
  if (!prompt) return undefined;
  const { done, sent, tools } = turn;
  const metered = withLoadingReport(
    withMeter(chat, answerHost.meter),
    answerHost.onLoading,
  );
  return { chat: metered, prompt, tools, sent, done, host: answerHost };
}

async function writeClauses(
  writing: WrittenAnswerRequest,
  queue: BoundedQueue<ReplyPart>,
  {
    spoken,
    asideNotice,
  }: Pick<AnswerSound, 'asideNotice'> & { readonly spoken: BoundedQueue<string> },
  signal: AbortSignal,
) {
  const clauseWriter = new ClauseWriter(asideNotice);
  const putClauses = (clauses: readonly string[]) => {
    for (const clause of clauses) spoken.put(clause);
  };
  let written = '';
  let isCut = false;
  let hasSpoken = false;
  try {
    for await (const part of writeAnswer(writing, signal)) {
      queue.put(part);
      isCut ||= part.kind === 'cut';
      if (part.kind === 'tool') putClauses(clauseWriter.flush());
      if (part.kind !== 'text') continue;
      const clauses = clauseWriter.push(part.text);
      hasSpoken ||= clauses.length > 0;
      putClauses(clauses);
      written += part.text;
      if (written.length >= maxAnswerChars) break;
    }
    // Half a sentence of a cut answer is not spoken after a whole one.
    if (!isCut || !hasSpoken) putClauses(clauseWriter.flush());
  } finally {
    const aside = findAside(written);
    if (aside) queue.put(aside);
  }
}

/** Answers in text only. Nothing is read ahead. */
export function createTextPipeline(chat: ChatModel): Pipeline {
  async function* answer(turn: Turn, answerHost: AnswerHost, signal: AbortSignal) {
    const writing = await createWrittenRequest(chat, turn, answerHost, signal);
    if (!writing) return;
    let length = 0;
    for await (const part of writeAnswer(writing, signal)) {
      yield part;
      if (part.kind === 'text') length += part.text.length;
      if (length >= maxAnswerChars) return;
    }
  }
  return { answer };
}

/** Takes a judgement: undefined if the model gave none, and `unanswered` if the request ended before. */
export type TellJudgement = (
  isWhole: boolean | 'unanswered' | undefined,
  model: string | undefined,
) => void;

/** Waits for the chat model's judgement whether the words of a person are whole. */
export type WordsJudge = {
  /** Begins to wait for a judgement on words of a person who may go on. Undefined: the model is not to be asked. */
  readonly awaitJudgement: () => TellJudgement | undefined;
  /** Resolves once the answer is wanted. Throws the reason of `signal`. */
  readonly waitUntilWanted: (signal: AbortSignal) => Promise<void>;
};

/**
 * Order to the model to judge the words. The order stands behind the newest words, so that all before it is the same
 * in the next request.
 */
export const judgeOrder: {
  readonly role: 'user';
  readonly name: string;
  readonly content: string;
} = {
  role: 'user',
  name: '',
  content:
    '(A pause, and perhaps no end. Write on a first line only the word whole if these words are complete, or goes on if the speaker has more to say. Then, on the next line, answer as if they are complete.)',
};

/** Asks a chat model in its first request whether the words are whole. */
export function withWordsJudge(
  chat: ChatModel,
  judge: WordsJudge | undefined,
): ChatModel {
  return judge ? new JudgingChat(chat, judge) : chat;
}

/** A chat model whose first request also judges the words, and whose later requests are the model's own. */
class JudgingChat implements ChatModel {
  readonly #chat: ChatModel;
  readonly #judge: WordsJudge;
  #hasAsked = false;

  constructor(chat: ChatModel, judge: WordsJudge) {
    this.#chat = chat;
    this.#judge = judge;
  }

  /** Replies as the model does, and tells the judgement before the first text. */
  reply(...request: Parameters<ChatModel['reply']>): AsyncIterable<ChatPart> {
    const tell = this.#hasAsked ? undefined : this.#judge.awaitJudgement();
    this.#hasAsked = true;
    return tell
      ? replyJudging(this.#chat, this.#judge, tell, ...request)
      : this.#chat.reply(...request);
  }
}

async function* replyJudging(
  chat: ChatModel,
  judge: WordsJudge,
  tell: TellJudgement,
  ...[messages, tools, signal, ...options]: Parameters<ChatModel['reply']>
): AsyncGenerator<ChatPart> {
  let [isTold, isEmpty] = [false, true];
  let model: string | undefined;
  const tellOnce = (isWhole: Parameters<TellJudgement>[0]) => {
    if (!isTold) tell(isWhole, model);
    isTold = true;
  };
  const judgedMessages = [...messages, { ...judgeOrder, onJudged: tellOnce }];
  try {
    for await (const part of chat.reply(judgedMessages, tools, signal, ...options)) {
      if (part.kind !== 'usage') {
        isEmpty = false;
        tellOnce(undefined);
      } else if (part.usage.by?.kind === 'remote') model = part.usage.by.model;
      yield part;
    }
    if (!isEmpty || !isTold) return;
  } finally {
    tellOnce('unanswered');
  }
  // It only judged. That costs a request more, so it counts as no judgement.
  tell(undefined, model);
  await judge.waitUntilWanted(signal);
  yield* chat.reply(messages, tools, signal, ...options);
}
