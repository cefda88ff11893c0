import { atStage } from '#src/base/errors.ts';
import { unlessAborted } from '#src/base/waiting.ts';
import type { ChatMessage, ChatModel } from '#src/chat/ports.ts';

/**
 * A chat model that reads and writes in the place of one that hears and speaks: it is shown the recognised words, and its
 * text is read out like any answer without sound.
 */
export function audioModelStandIn(chat: ChatModel): ChatModel {
  return {
    ...reading(chat),
    // A wrapper of requests sees the real input of the model: words.
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

/**
 * The message in words; none for an utterance without words. Errors: the recogniser's. Aborting `signal` throws
 * `signal.reason`.
 */
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
