import type { ChatCompletion, ChatCompletionChunk } from 'openai/resources/chat/completions';
import type { Stream } from 'openai/streaming';
import { writeWav } from '#src/audio/wav.ts';
import { openChatModel } from '#src/chat/completions/openai-chat.ts';
import { openClient } from '#src/provider/client.ts';
import { openSynthesizer } from '#src/speech/openai/openai-synthesizer.ts';
import { openTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import {
  type AudioChatAnswer,
  delta,
  openMockAudioChat,
  streams,
} from '#test/fakes/providers/audio-chat.ts';
import { instantPace, openMockProviders } from '#test/fakes/providers/providers.ts';
import { openCompletions } from './completions-setup.ts';

type Over = Parameters<typeof openCompletions>[0];

/** Fields of a request that a chat server got. */
export type SentBody = Readonly<Record<string, unknown>>;

const says = (content: string) => delta({ content });
export const stop = delta({}, 'stop');

/** An answer in text. */
export function writes(...pieces: readonly string[]): AudioChatAnswer {
  return streams([...pieces.map(says), stop]);
}

/**
 * The API of a bot whose chat, recogniser and voice are servers on this machine. `answers` are those of the chat server, in turn;
 * a sound is heard as the loudness of its first sample.
 */
export async function openProxy(answers: readonly AudioChatAnswer[], over: Over = {}) {
  await using stack = new AsyncDisposableStack();
  const thinker = stack.use(await openMockAudioChat(answers));
  const providers = stack.use(
    await openMockProviders({ pace: instantPace, hears: ({ samples: [first] }) => `${first}` }),
  );
  const client = openClient({ baseUrl: providers.baseUrl });
  const chat = openChatModel(openClient({ baseUrl: thinker.baseUrl }), {
    model: 'mock',
    maxTokens: 4_000,
  });
  const served = stack.use(
    await openCompletions({
      chat,
      transcriber: openTranscriber(client, { model: 'mock', models: ['mock', 'other'] }),
      transcriptionModels: ['mock', 'other'],
      synthesizer: openSynthesizer(client, { model: 'mock', voice: 'alloy', format: 'pcm' }),
      ...over,
    }),
  );
  const { api, openai } = served;
  const closing = stack.move();
  return {
    api,
    baseURL: served.baseURL,
    openai,
    thinker,
    keptWords: served.keptWords,
    /** Bodies that the chat server got. */
    asked: thinker.bodies as readonly SentBody[],
    /** Words of the sounds that the recogniser got. */
    recognised: () => textsOf(providers, 'transcriptions'),
    /** Texts that the voice got. */
    spoken: () => textsOf(providers, 'speech'),
    complete: (body: object): Promise<ChatCompletion> =>
      openai.post('/chat/completions', { body: { model: 'parley', ...body } }),
    stream: async (body: object): Promise<readonly ChatCompletionChunk[]> => {
      const options = { body: { model: 'parley', stream: true, ...body }, stream: true };
      const events: Stream<ChatCompletionChunk> = await openai.post('/chat/completions', options);
      return await Array.fromAsync(events);
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

function textsOf(
  { requests }: Awaited<ReturnType<typeof openMockProviders>>,
  endpoint: 'transcriptions' | 'speech',
): readonly string[] {
  return requests.flatMap((one) => (one.endpoint === endpoint ? [one.text ?? ''] : []));
}

/** Half a second of sound that is heard as this number. */
export function soundOf(number: number) {
  const samples = new Int16Array(8_000).fill(number);
  const data = writeWav({ samples, rateHz: 16_000, channels: 1 }).toString('base64');
  return { type: 'input_audio', input_audio: { data, format: 'wav' } } as const;
}

export const spoken = { modalities: ['text', 'audio'], audio: { voice: 'alloy', format: 'wav' } };
export const user = (content: unknown) => ({ role: 'user', content });
