import type { ChatMessage, ChatModel, ChatPart, Usage } from '#src/chat/chat-model.ts';

export type WordsJudge = {
  /** Begins to wait for a judgement on words of a person who may go on. Undefined: the model is not to be asked. */
  readonly awaitJudgement: () =>
    | ((isWhole: boolean | undefined, model: string | undefined) => void)
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
  let [hasJudged, isEmpty] = [false, true];
  let model: string | undefined;
  const onJudged = (isWhole: boolean) => {
    hasJudged = true;
    tell(isWhole, model);
  };
  const asked = [...messages, { ...judgeOrder, onJudged }];
  for await (const part of chat.reply(asked, tools, signal, ...more)) {
    if (part.kind === 'usage') model = findModel(part.usage) ?? model;
    else if (isEmpty) {
      isEmpty = false;
      if (!hasJudged) tell(undefined, model);
    }
    yield part;
  }
  if (!isEmpty || !hasJudged) return;
  // It only judged. That costs a request more, so it counts as no judgement.
  tell(undefined, model);
  await waitUntilWanted(signal);
  yield* chat.reply(messages, tools, signal, ...more);
}

function findModel({ by }: Usage) {
  return by?.kind === 'remote' ? by.model : undefined;
}
