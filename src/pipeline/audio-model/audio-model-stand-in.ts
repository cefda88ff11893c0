import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { addFailureStage } from '#src/base/errors.ts';
import type { ChatMessage, ChatModel } from '#src/chat/chat-model.ts';

/** Lets a chat model serve as an audio model: it gets the recognised words, and its text is spoken. */
export function createAudioModelStandIn(chat: ChatModel): ChatModel {
  return {
    ...readWithChat(chat),
    // A wrapper of requests then sees the words, which are the real input of the model.
    wrapEach: (wrap) => readWithChat(wrap(chat)),
  };
}

function readWithChat(chat: ChatModel): ChatModel {
  return {
    async *reply(messages, tools, signal, maxTokens, _voice, sent) {
      const writtenMessages = await Promise.all(
        messages.map((message) => toWrittenMessages(message, signal)),
      );
      yield* chat.reply(
        writtenMessages.flat(),
        tools,
        signal,
        maxTokens,
        undefined,
        sent,
      );
    },
  };
}

/** Replaces sound by its words. Empty without words. Throws the error of the recogniser. */
async function toWrittenMessages(
  message: ChatMessage,
  signal: AbortSignal,
): Promise<ChatMessage[]> {
  if (!('wav' in message)) return [message];
  const { role, name, words: recogniseWords } = message;
  try {
    const content = await waitUnlessAborted(recogniseWords(), signal);
    return content === '' ? [] : [{ role, name, content }];
  } catch (error) {
    signal.throwIfAborted();
    throw addFailureStage('recognise', error);
  }
}
