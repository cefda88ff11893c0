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
    async *reply(messages, tools, signal, mostTokens, _voice, sent) {
      const written = await Promise.all(
        messages.map((message) => toWrittenMessages(message, signal)),
      );
      yield* chat.reply(written.flat(), tools, signal, mostTokens, undefined, sent);
    },
  };
}

/** Replaces sound by its words. Empty without words. Throws the error of the recogniser. */
async function toWrittenMessages(
  message: ChatMessage,
  signal: AbortSignal,
): Promise<ChatMessage[]> {
  if (!('wav' in message)) return [message];
  const { role, name, words } = message;
  try {
    const content = await waitUnlessAborted(words(), signal);
    return content === '' ? [] : [{ role, name, content }];
  } catch (error) {
    signal.throwIfAborted();
    throw addFailureStage('recognise', error);
  }
}
