import { atStage } from '#src/base/errors.ts';
import { unlessAborted } from '#src/base/waiting.ts';
import type { AudioChatMessage, AudioChatModel } from '#src/chat/completions/audio-chat-ports.ts';
import type { ChatMessage, ChatModel } from '#src/chat/ports.ts';

/**
 * A chat model that reads and writes in the place of one that hears and speaks: it is shown the recognised words, and its
 * text is read out like any answer without sound.
 */
export function audioModelStandIn(chat: ChatModel): AudioChatModel {
  const { wrapped } = chat;
  return {
    ...reading(chat),
    wrapped(wrap) {
      // A wrapper of requests sees the real input of the model: words.
      const each = (model: ChatModel) => writing(wrap(reading(model)));
      return reading(wrapped ? wrapped.call(chat, each) : each(chat));
    },
  };
}

function reading(chat: ChatModel): AudioChatModel {
  return {
    async *reply(messages, tools, _voice, signal, mostTokens) {
      const written = await Promise.all(messages.map((message) => inWords(message, signal)));
      yield* chat.reply(written.flat(), tools, signal, mostTokens);
    },
  };
}

/** The model, without asking for sound. */
function writing(model: AudioChatModel): ChatModel {
  return {
    async *reply(messages, tools, signal, mostTokens) {
      for await (const part of model.reply(messages, tools, undefined, signal, mostTokens)) {
        if (part.kind !== 'sound' && part.kind !== 'transcript') yield part;
      }
    },
  };
}

/**
 * The message in words; none for an utterance without words. Errors: the recogniser's. Aborting `signal` throws
 * `signal.reason`.
 */
async function inWords(message: AudioChatMessage, signal: AbortSignal): Promise<ChatMessage[]> {
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
