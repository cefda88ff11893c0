import { BotError } from '#src/base/errors.ts';
import type {
  AudioChatMessage,
  AudioChatModel,
  AudioChatPart,
} from '#src/chat/completions/audio-chat-ports.ts';
import type { Usage } from '#src/chat/ports.ts';
import { SoundStream } from '#src/speech/openai/sound-stream.ts';
import type { EngineUsage, SpeechVoice, Synthesizer } from '#src/speech/ports.ts';
import { readingOrder, textToRead } from '#src/speech/read-aloud-prompt.ts';

/** Speech by a model that hears and speaks: word for word as far as the model obeys. Its tone can be set, not its pace. */
export function audioModelVoice(model: AudioChatModel, usual: SpeechVoice = {}): Synthesizer {
  return {
    async *synthesize(text, voice, signal) {
      signal.throwIfAborted();
      if (!/[\p{L}\p{N}]/u.test(text))
        throw new BotError('speech.unspeakable', false, 'The text has nothing to speak.');
      const sound = new SoundStream('audio/pcm', undefined);
      let sounded = false;
      const messages = asked(text, { ...usual, ...voice });
      for await (const bytes of soundIn(model.reply(messages, [], voice.name, signal), voice)) {
        for (const pcm of sound.push(bytes)) {
          sounded = true;
          yield pcm;
          signal.throwIfAborted();
        }
      }
      yield* sound.end();
      if (sounded) return;
      const message = 'The audio model sent no sound: check that the model can speak.';
      throw new BotError('provider.empty', true, message);
    },
  };
}

async function* soundIn(
  parts: AsyncIterable<AudioChatPart>,
  { onUsage }: SpeechVoice,
): AsyncGenerator<Uint8Array> {
  for await (const part of parts) {
    if (part.kind === 'usage') onUsage?.(usageOf(part.usage));
    if (part.kind === 'sound') yield part.bytes;
  }
}

function usageOf({ by, isEstimate, ...tokens }: Usage): EngineUsage {
  return { ...(by && { by }), ...(!isEstimate && { count: { kind: 'tokens', ...tokens } }) };
}

function asked(text: string, { instructions }: SpeechVoice): AudioChatMessage[] {
  return [
    { role: 'system', content: readingOrder(instructions) },
    { role: 'user', name: '', content: textToRead(text) },
  ];
}
