import { writeWav } from '#src/audio/formats/wav.ts';
import { admitChosenLanguage } from '#src/base/language/expected-language.ts';
import type { ChatMessage, Tool } from '#src/chat/chat-model.ts';
import { openChatModel } from '#src/chat/completions/openai-chat.ts';
import { openClient } from '#src/provider/api-client.ts';
import { OpenAiSynthesizer } from '#src/speech/openai/openai-synthesizer.ts';
import { OpenAiTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import {
  type DescribedOperation,
  findFaults,
} from '#test/web/api/openai-description.ts';

const signal = new AbortController().signal;
const samples = new Int16Array(16_000).fill(1_000);
const pcm = { samples, rateHz: 16_000, channels: 1 } as const;
const messages: readonly ChatMessage[] = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', name: 'Ana', content: 'Play some rain.' },
  {
    role: 'assistant',
    content: '',
    calls: [{ id: 'call_1', name: 'play', argumentsJson: '{"sound":"rain"}' }],
  },
  { role: 'tool', callId: 'call_1', content: 'It plays.' },
  { role: 'assistant', content: 'There you are.' },
  { role: 'user', name: 'Ana', content: 'Thanks.' },
];
const tools: readonly Tool[] = [
  {
    name: 'play',
    description: 'Plays a sound.',
    parameters: { type: 'object', properties: { sound: { type: 'string' } } },
  },
];

/** A server that refuses everything and notes it: an operation, and the fields of its body. */
async function openNoting() {
  const requests: (readonly [DescribedOperation, object])[] = [];
  const served = await openListeningServer(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request));
    const path = `post ${request.url?.replace('/v1', '')}` as DescribedOperation;
    requests.push([path, await fieldsOf(body, `${request.headers['content-type']}`)]);
    response.writeHead(403, { 'content-type': 'application/json' }).end('{}');
  });
  return {
    client: openClient({ baseUrl: `${served.origin}/v1` }),
    asked: requests,
    ...served,
  };
}

/** Fields of a form: words stand for what they say, as there are no others, and a file for its bytes. */
async function fieldsOf(body: Buffer, type: string): Promise<object> {
  if (!type.startsWith('multipart/')) return JSON.parse(body.toString());
  const form = await new Response(body, {
    headers: { 'content-type': type },
  }).formData();
  const fields = [...new Set(form.keys())].map((key) => {
    const values = form
      .getAll(key)
      .map((item) => (typeof item === 'string' ? asWritten(item) : ''));
    return key.endsWith('[]') ? [key.slice(0, -2), values] : [key, values[0]];
  });
  return Object.fromEntries(fields);
}

function asWritten(value: string) {
  return value === 'true' ? true : value;
}

/** Asks until the server refuses. */
async function waitForRefusal(asking: AsyncIterable<unknown>) {
  await expect(Array.fromAsync(asking)).rejects.toThrow();
}

// Proves: OpenAI by fake (its published description)
test('what the bot asks of servers fits the published description: chat, sound, speech, transcription, translation', async () => {
  using server = await openNoting();
  const { client, asked } = server;
  const chat = openChatModel(client, { model: 'gpt-5.4-mini', maxTokens: 400 });
  await waitForRefusal(chat.reply(messages, tools, signal));
  const spoken = openChatModel(client, { model: 'gpt-audio', voice: 'alloy' });
  const said = {
    role: 'user',
    name: 'Ana',
    content: '',
    getWords: async () => 'Thanks.',
  } as const;
  await waitForRefusal(
    spoken.reply(
      [...messages, { ...said, wav: writeWav(pcm) }],
      tools,
      signal,
      undefined,
      'nova',
    ),
  );
  for (const format of ['pcm', 'wav', 'mp3', 'opus', 'flac'] as const) {
    const voice = new OpenAiSynthesizer(client, {
      model: 'tts-1',
      voice: 'alloy',
      format,
    });
    await waitForRefusal(voice.synthesize('Hello.', {}, signal));
    const manner = { name: 'nova', instructions: 'Softly.', speed: 1.2 };
    await waitForRefusal(voice.synthesize('Hello.', manner, signal));
  }
  for (const model of ['whisper-1', 'gpt-4o-transcribe']) {
    const transcriber = new OpenAiTranscriber(client, {
      model,
      language: admitChosenLanguage('de'),
    });
    await waitForRefusal(transcriber.transcribe(pcm, signal));
    for (const request of [
      { hints: ['Parley', 'Ana'] },
      { hasWordTimes: true },
      { isTranslated: true },
    ])
      await waitForRefusal(transcriber.transcribe(pcm, signal, request));
  }
  // Servers other than OpenAI are asked for a stream of speech in their own way.
  const listPublished = (
    operation: DescribedOperation,
    { stream, ...body }: Record<string, unknown>,
  ) =>
    operation === 'post /audio/speech' || stream === undefined
      ? body
      : { stream, ...body };
  const faults = asked.flatMap(([operation, body]) =>
    findFaults(operation, 'request', listPublished(operation, Object(body))).map(
      (fault) => [operation, fault],
    ),
  );
  expect(faults).toEqual([]);
  expect(new Set(asked.map(([operation]) => operation))).toEqual(
    new Set<DescribedOperation>([
      'post /chat/completions',
      'post /audio/speech',
      'post /audio/transcriptions',
      'post /audio/translations',
    ]),
  );
});
