import { readWav } from '#src/audio/wav.ts';
import { atStage } from '#src/base/errors.ts';
import type { AudioChatMessage, AudioChatModel } from '#src/chat/completions/audio-chat-ports.ts';
import type { ChatMessage, ChatModel } from '#src/chat/ports.ts';
import type { Transcriber } from '#src/speech/ports.ts';

/**
 * A chat model that reads and writes in the place of one that hears and speaks: sound is recognised for it, and what it
 * writes is read out as whatever has no sound.
 */
export function audioModelStandIn(chat: ChatModel, transcriber: Transcriber): AudioChatModel {
  return {
    async *reply(messages, tools, _voice, signal) {
      const written = await Promise.all(
        messages.map((message) => inWords(message, transcriber, signal)),
      );
      yield* chat.reply(written, tools, signal);
    },
  };
}

/** Errors: the recogniser's. Aborting `signal` throws `signal.reason`. */
async function inWords(
  message: AudioChatMessage,
  transcriber: Transcriber,
  signal: AbortSignal,
): Promise<ChatMessage> {
  if (!('wav' in message)) return message;
  const { role, name, wav } = message;
  let { content } = message;
  try {
    for await (const update of transcriber.transcribe(readWav(wav), signal)) {
      if (update.kind === 'final') content = `${content} ${update.transcript.text}`.trim();
    }
  } catch (error) {
    signal.throwIfAborted();
    throw atStage('recognise', error);
  }
  return { role, name, content };
}
