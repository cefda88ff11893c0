import { writeWav } from '#src/audio/formats/wav.ts';
import { openChatModel } from '#src/chat/completions/openai-chat.ts';
import { openClient } from '#src/provider/api-client.ts';
import { OpenAiSynthesizer } from '#src/speech/openai/openai-synthesizer.ts';
import { OpenAiTranscriber } from '#src/speech/openai/openai-transcriber.ts';
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

/** Fields of a request that a chat server got. */
export type SentBody = Readonly<Record<string, unknown>>;

/** An answer that ends for this reason, in these fields of `delta`. */
export function answerIn(fields: readonly object[], why = 'stop') {
  return answerStream([...fields.map((field) => makeDelta(field)), makeDelta({}, why)]);
}

/**
 * The API of a bot whose chat, recogniser and voice are servers on this machine. `answers` are those of the chat server, in turn,
 * texts or whole streams; a sound is heard as the loudness of its first sample.
 */
export async function openProxy(
  answers: readonly (string | AudioChatAnswer)[],
  completionDeps: Parameters<typeof openCompletions>[0] = {},
) {
  await using stack = new AsyncDisposableStack();
  const streams = answers.map((answer) =>
    typeof answer === 'string' ? answerIn([{ content: answer }]) : answer,
  );
  const thinker = stack.use(await openMockAudioChat(streams));
  const providers = stack.use(
    await openMockProviders({
      pace: instantPace,
      hears: ({ samples: [first] }) => `${first}`,
    }),
  );
  const client = openClient({ baseUrl: providers.baseUrl });
  const [model, models] = ['mock', ['mock', 'other']];
  const served = stack.use(
    await openCompletions({
      chat: openChatModel(openClient({ baseUrl: thinker.baseUrl }), {
        model,
        maxTokens: 4_000,
      }),
      transcriber: new OpenAiTranscriber(client, { model, models }),
      transcriptionModels: models,
      synthesizer: new OpenAiSynthesizer(client, {
        model,
        voice: 'alloy',
        format: 'pcm',
      }),
      ...completionDeps,
    }),
  );
  const closing = stack.move();
  return {
    ...served,
    thinker,
    /** Bodies that the chat server got. */
    asked: thinker.bodies as readonly SentBody[],
    /** Words of the sounds that the recogniser got. */
    listRecognised: () => listTexts(providers, 'transcriptions'),
    /** Texts that the voice got. */
    listSpoken: () => listTexts(providers, 'speech'),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

function listTexts(
  { requests }: Awaited<ReturnType<typeof openMockProviders>>,
  endpoint: 'transcriptions' | 'speech',
) {
  return requests.flatMap((request) =>
    request.endpoint === endpoint ? [request.text ?? ''] : [],
  );
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
