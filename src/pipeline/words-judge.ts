import type { ChatModel, ChatPart } from '#src/chat/chat-model.ts';

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
