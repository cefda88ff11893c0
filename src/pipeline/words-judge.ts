import type { ChatMessage, ChatModel, ChatPart } from '#src/chat/chat-model.ts';

export type WordsJudge = {
  /** Begins to wait for a judgement on words of a person who may go on. Undefined: the model is not to be asked. */
  readonly awaitJudgement: () =>
    | ((isWhole: boolean | 'unanswered' | undefined, model: string | undefined) => void)
    | undefined;
  /** Resolves once the answer is wanted. Throws the reason of `signal`. */
  readonly waitUntilWanted: (signal: AbortSignal) => Promise<void>;
};

/** Stands behind the newest words, so that all before it is the same in the next request. */
export const judgeOrder = {
  role: 'user',
  name: '',
  content:
    '(A pause, and perhaps no end. Write on a first line only the word whole if these words are complete, or goes on if the speaker has more to say. Then, on the next line, answer as if they are complete.)',
} as const satisfies ChatMessage;

/** Asks a chat model in its first request whether the words are whole. */
export function withWordsJudge(
  chat: ChatModel,
  judge: WordsJudge | undefined,
): ChatModel {
  if (!judge) return chat;
  let hasAsked = false;
  return {
    reply(...request) {
      const tell = hasAsked ? undefined : judge.awaitJudgement();
      hasAsked = true;
      return tell
        ? replyJudging(chat, judge, tell, ...request)
        : chat.reply(...request);
    },
  };
}

async function* replyJudging(
  chat: ChatModel,
  { waitUntilWanted }: WordsJudge,
  tell: NonNullable<ReturnType<WordsJudge['awaitJudgement']>>,
  ...[messages, tools, signal, ...more]: Parameters<ChatModel['reply']>
): AsyncGenerator<ChatPart> {
  let [isTold, isEmpty] = [false, true];
  let model: string | undefined;
  const tellOnce = (isWhole: Parameters<typeof tell>[0]) => {
    if (!isTold) tell(isWhole, model);
    isTold = true;
  };
  const asked = [...messages, { ...judgeOrder, onJudged: tellOnce }];
  try {
    for await (const part of chat.reply(asked, tools, signal, ...more)) {
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
  await waitUntilWanted(signal);
  yield* chat.reply(messages, tools, signal, ...more);
}
