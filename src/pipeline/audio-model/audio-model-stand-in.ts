import { atStage } from '#src/base/errors.ts';
import { unlessAborted } from '#src/base/waiting.ts';
import type { ChatMessage, ChatModel } from '#src/chat/ports.ts';

/**
 * Lets a chat model that reads and writes serve as an audio model. It reads the recognised words, and its text is
 * read aloud.
 */
export function audioModelStandIn(chat: ChatModel): ChatModel {
  return {
    ...reading(chat),
    // A wrapper of requests then sees the words, which are the real input of the model.
    wrapped: (wrap) => reading(wrap(chat)),
  };
}

function reading(chat: ChatModel): ChatModel {
  return {
    async *reply(messages, tools, signal, mostTokens, _voice, sent) {
      const written = await Promise.all(messages.map((message) => inWords(message, signal)));
      yield* chat.reply(written.flat(), tools, signal, mostTokens, undefined, sent);
    },
  };
}

/** Returns no message for an utterance without words. Throws the error of the recogniser. */
async function inWords(message: ChatMessage, signal: AbortSignal): Promise<ChatMessage[]> {
  if (!('wav' in message)) return [message];
  const { role, name, words } = message;
  try {
    const content = await unlessAborted(words(), signal);
    return content === '' ? [] : [{ role, name, content }];
  } catch (error) {
    signal.throwIfAborted();
    throw atStage('recognise', error);
  }
}
