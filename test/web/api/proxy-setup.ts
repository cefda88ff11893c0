import type {
  ChatCompletion,
  ChatCompletionChunk,
} from 'openai/resources/chat/completions';
import type { Stream } from 'openai/streaming';
import { writeWav } from '#src/audio/formats/wav.ts';
import { openChatModel } from '#src/chat/completions/openai-chat.ts';
import { openClient } from '#src/provider/api-client.ts';
import { openSynthesizer } from '#src/speech/openai/openai-synthesizer.ts';
import { openTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import {
  type AudioChatAnswer,
  answerStream,
  makeDelta,
  openMockAudioChat,
} from '#test/fakes/providers/mock-audio-chat.ts';
import {
  instantPace,
  openMockProviders,
} from '#test/fakes/providers/mock-providers.ts';
import { openCompletions } from './completions-setup.ts';

type ProxyOverrides = Parameters<typeof openCompletions>[0];

/** Fields of a request that a chat server got. */
export type SentBody = Readonly<Record<string, unknown>>;

const toSaidChunk = (content: string) => makeDelta({ content });
export const stopChunk = makeDelta({}, 'stop');

/** An answer in text. */
export function writePieces(...pieces: readonly string[]) {
  return answerStream([...pieces.map(toSaidChunk), stopChunk]);
}

/**
 * The API of a bot whose chat, recogniser and voice are servers on this machine. `answers` are those of the chat server, in turn;
 * a sound is heard as the loudness of its first sample.
 */
export async function openProxy(
  answers: readonly AudioChatAnswer[],
  over: ProxyOverrides = {},
) {
  await using stack = new AsyncDisposableStack();
  const thinker = stack.use(await openMockAudioChat(answers));
  const providers = stack.use(
    await openMockProviders({
      pace: instantPace,
      hears: ({ samples: [first] }) => `${first}`,
    }),
  );
  const client = openClient({ baseUrl: providers.baseUrl });
  const chat = openChatModel(openClient({ baseUrl: thinker.baseUrl }), {
    model: 'mock',
    maxTokens: 4_000,
  });
  const served = stack.use(
    await openCompletions({
      chat,
      transcriber: openTranscriber(client, {
        model: 'mock',
        models: ['mock', 'other'],
      }),
      transcriptionModels: ['mock', 'other'],
      synthesizer: openSynthesizer(client, {
        model: 'mock',
        voice: 'alloy',
        format: 'pcm',
      }),
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
    recognised: () => listTexts(providers, 'transcriptions'),
    /** Texts that the voice got. */
    spoken: () => listTexts(providers, 'speech'),
    complete: (body: object): Promise<ChatCompletion> =>
      openai.post('/chat/completions', { body: { model: 'parley', ...body } }),
    stream: async (body: object) => {
      const events: Stream<ChatCompletionChunk> = await openai.post(
        '/chat/completions',
        {
          body: { model: 'parley', stream: true, ...body },
          stream: true,
        },
      );
      return await Array.fromAsync(events);
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

function listTexts(
  { requests }: Awaited<ReturnType<typeof openMockProviders>>,
  endpoint: 'transcriptions' | 'speech',
) {
  return requests.flatMap((one) => (one.endpoint === endpoint ? [one.text ?? ''] : []));
}

/** Half a second of sound that is heard as this number. */
export function makeSound(number: number) {
  const samples = new Int16Array(8_000).fill(number);
  const data = writeWav({ samples, rateHz: 16_000, channels: 1 }).toString('base64');
  return { type: 'input_audio', input_audio: { data, format: 'wav' } } as const;
}

export const spokenReply = {
  modalities: ['text', 'audio'],
  audio: { voice: 'alloy', format: 'wav' },
};
export const toUserMessage = (content: unknown) => ({ role: 'user', content });
