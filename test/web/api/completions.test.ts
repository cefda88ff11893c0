import { OpenAI } from 'openai';
import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionCreateParamsNonStreaming,
} from 'openai/resources/chat/completions';
import type { Stream } from 'openai/streaming';
import { readWav, writeWav } from '#src/audio/formats/wav.ts';
import { BotError } from '#src/base/errors.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { openCompletions } from './completions-setup.ts';

const dog = 'Do retrievers get on with small children?';

const reported = 'Yes. They are patient dogs.';

const spoken = {
  model: 'gpt-audio',
  modalities: ['text', 'audio'],
  audio: { voice: 'alloy', format: 'wav' },
  messages: [{ role: 'user', content: dog }],
} satisfies ChatCompletionCreateParamsNonStreaming;

const tone = Int16Array.from({ length: 16_000 }, (_, n) =>
  Math.round(9_000 * Math.sin(n / 9)),
);

const wav = writeWav({ samples: tone, rateHz: 16_000, channels: 1 });

const sound = {
  type: 'input_audio',
  input_audio: { data: wav.toString('base64'), format: 'wav' },
} as const;

test("the call of OpenAI's audio guide gives a WAV file, with only the address and the key changed", async () => {
  await using served = await openCompletions();
  const response = await served.openai.chat.completions.create({
    ...spoken,
    store: true,
  });
  const [choice] = response.choices;
  const file = Buffer.from(choice?.message.audio?.data ?? '', 'base64');
  const { samples, ...format } = readWav(file);
  expect(format).toEqual({ rateHz: 24_000, channels: 1 });
  expect(samples.length).toBeGreaterThan(24_000);
  expect(choice?.message.audio?.transcript).toBe(reported);
  expect(choice?.finish_reason).toBe('stop');
  expect(response.usage?.total_tokens).toBeGreaterThan(0);
});

test('in writing nothing is spoken', async () => {
  const synthesizer = new FakeSynthesizer();
  await using served = await openCompletions({ synthesizer });
  const response = await served.openai.chat.completions.create({
    model: 'parley',
    messages: [
      { role: 'system', content: 'You are a vet.' },
      { role: 'user', content: dog },
      { role: 'assistant', content: 'It depends.' },
      { role: 'user', name: 'Ana', content: 'On what?' },
    ],
  });
  expect(response.choices[0]?.message).toMatchObject({
    role: 'assistant',
    content: reported,
  });
  expect(synthesizer.asked).toEqual([]);
  expect(
    served.chat instanceof FakeChat && served.chat.asked[0]?.messages,
  ).toMatchObject([
    { role: 'system', content: 'You are a vet.' },
    { role: 'user', content: dog },
    { role: 'assistant', content: 'It depends.' },
    { role: 'user', content: 'On what?' },
  ]);
});

const modelField = /the operator of the bot chooses the model and what it costs/;

test.each<[object, string, RegExp]>([
  [
    { audio: { voice: 'alloy', format: 'mp3' }, stream: true },
    'audio.format',
    /streamed sound is pcm16/,
  ],
  [{ n: 9 }, 'n', /at most 8 answers/],
  [
    {
      messages: [
        { role: 'assistant', audio: { id: 'audio_1' } },
        { role: 'user', content: dog },
      ],
    },
    'messages[0].audio.id',
    /No answer audio_1 is kept for this token: send its transcript/,
  ],
  [{ tools: [{ type: 'web_search' }] }, 'tools[0].type', /only functions/],
  [{ functions: [] }, 'functions', /send them as tools/],
  [{ logprobs: true }, 'logprobs', /has no probabilities/],
  [{ models: ['dear'] }, 'models', modelField],
  [{ context_window_fallbacks: [{}] }, 'context_window_fallbacks', modelField],
  [{ web_search_options: {} }, 'web_search_options', modelField],
  [{ audio: { voice: 'alloy', format: 'aac' } }, 'audio.format', /"pcm16"/],
  [
    {
      messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'a' } }] }],
    },
    'messages[0].content[0]',
    /neither text, image_url nor input_audio/,
  ],
  [
    {
      messages: [
        {
          role: 'user',
          content: [{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }],
        },
      ],
    },
    'messages[0].content[0].image_url.url',
    /no web address and no data:image/,
  ],
])("%j is refused in words and OpenAI's shape", async (over, param, sentence) => {
  await using served = await openCompletions();
  const refused = await refusalOf(completion(served, { ...spoken, ...over }));
  expect(refused).toMatchObject({
    status: 400,
    param,
    type: 'invalid_request_error',
    message: expect.stringMatching(sentence),
  });
});

test('a file that is no sound, and one that is too long, are refused in words', async () => {
  await using served = await openCompletions();
  const asking = (bytes: Buffer) => {
    const data = bytes.toString('base64');
    const part = { ...sound, input_audio: { data, format: 'wav' as const } };
    return served.openai.chat.completions.create({
      ...spoken,
      messages: [{ role: 'user', content: [part] }],
    });
  };
  const samples = new Int16Array(121 * 8_000).fill(1_000);
  const long = writeWav({ samples, rateHz: 8_000, channels: 1 });
  await expect(asking(Buffer.from('a dog'))).rejects.toMatchObject({
    code: 'sound.unusable',
  });
  await expect(asking(long)).rejects.toMatchObject({
    status: 413,
    code: 'sound.too_long',
  });
});

test('a model that is down is refused before the stream begins, and one that breaks off ends it with an error', async () => {
  const error = new BotError('provider.unreachable', true, 'Down: key sk-secret.');
  await using down = await openCompletions({ chat: new FakeChat([[{ error }]]) });
  const pcm = {
    ...spoken,
    audio: { voice: 'alloy', format: 'pcm16' },
    stream: true,
  } as const;
  const refused = await down.openai.chat.completions
    .create(pcm)
    .catch((cause: unknown) => cause);
  expect(refused).toMatchObject({ status: 502, code: 'provider.unreachable' });
  expect(`${refused}`).not.toContain('sk-secret');
  await using cut = await openCompletions({
    chat: new FakeChat([['Yes. ', { error }]]),
  });
  const read = async () => {
    for await (const _ of await cut.openai.chat.completions.create(pcm));
  };
  await expect(read()).rejects.toThrow(/provider.unreachable/);
});

test('a token that has used its budget is refused before a model is asked', async () => {
  const clock = new VirtualClock();
  const { budgets } = openBudgets(clock, { ownCapOf: () => toUsd(0.01) });
  await using served = await openCompletions({ spending: budgets });
  const { chat } = served;
  const answered = async () => {
    const messages = [{ role: 'user' as const, content: dog.repeat(40) }];
    await served.openai.chat.completions.create({ ...spoken, messages });
  };
  await answered();
  const untilRefused = async () => {
    for (let n = 0; n < 200; n++) await answered();
  };
  await expect(untilRefused()).rejects.toMatchObject({
    status: 429,
    code: expect.stringMatching(/^budget/),
  });
  const asked = (chat as FakeChat).asked.length;
  await expect(answered()).rejects.toMatchObject({ status: 429 });
  expect((chat as FakeChat).asked).toHaveLength(asked);
});

/** Asks a model that answers nothing, while `ms` pass. */
async function askStalled(stream: boolean, ms: number) {
  await using served = await openCompletions({ chat: new FakeChat([['stall']]) });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const body = { model: 'parley', messages: [{ role: 'user', content: dog }], stream };
  const asked = served.api.post('parley_dog', '/v1/chat/completions', body);
  await vi.waitFor(() => expect(served.chat).toMatchObject({ running: 1 }));
  await vi.advanceTimersByTimeAsync(ms);
  return await asked;
}

test('a model that thinks for long ends an answer in one piece with 504, and a stream gets a comment every 15 s', async () => {
  const late = await askStalled(false, 110_000);
  expect([late.status, await late.json()]).toMatchObject([
    504,
    { error: { code: 'answer.late' } },
  ]);
  const streamed = await askStalled(true, 15_000);
  const reader = streamed.body?.pipeThrough(new TextDecoderStream()).getReader();
  const read = async () => (await reader?.read())?.value;
  expect([streamed.status, await read()]).toEqual([
    200,
    expect.stringContaining('"assistant"'),
  ]);
  expect(await read()).toBe(': still answering\n\n');
  await reader?.cancel();
});

const never = new AbortController().signal;

/** First bytes of a file. */
const magic = { mp3: /^(ID3|\xff[\xe2-\xff])/, opus: /^OggS/ };

type CompletionsSetup = Awaited<ReturnType<typeof openCompletions>>;

const question = {
  model: 'parley',
  messages: [{ role: 'user' as const, content: 'Is a retriever a good dog?' }],
};

/** Voice of the server that the token is for. */
const ownVoice = 'slt';

const aloud = { ...question, modalities: ['text', 'audio'] };

/** Fields that the client has no types for are sent by its `post`, as they are by `extra_body` in Python. */
function completion(
  { openai }: CompletionsSetup,
  body: object,
): Promise<ChatCompletion> {
  return openai.post('/chat/completions', { body });
}

function streamed(
  { openai }: CompletionsSetup,
  body: object,
): Promise<Stream<ChatCompletionChunk>> {
  return openai.post('/chat/completions', {
    body: { ...body, stream: true },
    stream: true,
  });
}

async function refusalOf(asking: Promise<unknown>) {
  const error = await asking.catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(OpenAI.APIError);
  return error;
}

/** Text and sound of a whole answer. */
function messageOf({ choices: [choice] }: ChatCompletion) {
  const { content = undefined, audio = undefined } = choice?.message ?? {};
  return {
    content,
    transcript: audio?.transcript,
    bytes: Buffer.from(audio?.data ?? '', 'base64'),
  };
}

test.each([
  [['text'], 'in writing'],
  [null, 'in writing'],
  [['text', 'audio'], 'with sound'],
  [['audio'], 'with sound'],
])('with the modalities %j the answer comes %s', async (modalities, how) => {
  const synthesizer = new FakeSynthesizer();
  await using served = await openCompletions({ synthesizer });
  const message = messageOf(
    await completion(served, {
      ...question,
      modalities,
      audio: { voice: 'alloy', format: 'wav' },
    }),
  );
  const isSpoken = how === 'with sound';
  expect(synthesizer.asked.length > 0).toBe(isSpoken);
  expect(message.bytes.length > 0).toBe(isSpoken);
  expect(message[isSpoken ? 'transcript' : 'content']).toBe(
    'Yes. They are patient dogs.',
  );
  expect(message[isSpoken ? 'content' : 'transcript'] ?? null).toBeNull();
});

test('without audio the answer sounds in the voice of the server: wav, or pcm16 where it is streamed', async () => {
  const synthesizer = new FakeSynthesizer();
  await using served = await openCompletions({ synthesizer });
  const { bytes } = messageOf(await completion(served, aloud));
  expect(readWav(bytes)).toMatchObject({ rateHz: 24_000, channels: 1 });
  const pieces: string[] = [];
  for await (const { choices } of await streamed(served, aloud)) {
    const delta = choices[0]?.delta as
      | { readonly audio?: { readonly data?: string } }
      | undefined;
    pieces.push(delta?.audio?.data ?? '');
  }
  const streamedBytes = Buffer.concat(
    pieces.map((data) => Buffer.from(data, 'base64')),
  );
  expect(streamedBytes).toHaveLength(bytes.length - 44); // the head of the file
  expect(new Set(synthesizer.asked.map(({ voice }) => voice.name))).toEqual(
    new Set([ownVoice]),
  );
});

test.each([
  [{ voice: 'alloy' }, 'alloy'],
  [{ voice: { id: 'alloy' } }, 'alloy'],
  [{ voice: 'default' }, ownVoice],
])('with the audio %j the voice is %s', async (audio, name) => {
  const synthesizer = new FakeSynthesizer();
  await using served = await openCompletions({ synthesizer });
  await completion(served, { ...aloud, audio });
  expect(new Set(synthesizer.asked.map(({ voice }) => voice.name))).toEqual(
    new Set([name]),
  );
});

test.each(['mp3', 'opus'] as const)(
  'in one piece the answer comes as %s, whole and in 24 kHz',
  async (format) => {
    await using served = await openCompletions();
    const lengthMs = async (over: object) => {
      const { bytes } = messageOf(await completion(served, { ...aloud, ...over }));
      const file = { url: '', name: `answer.${format}`, bytes, personId: 'p' };
      const { samples, rateHz } = await served.recordings.read('g', file, never);
      return { bytes, lengthMs: (samples.length / rateHz) * 1_000 };
    };
    const wav = await lengthMs({});
    const { bytes, lengthMs: encodedMs } = await lengthMs({ audio: { format } });
    expect(bytes.toString('latin1', 0, 4)).toMatch(magic[format]);
    expect(bytes.length).toBeLessThan(wav.bytes.length / 2);
    expect(Math.abs(encodedMs - wav.lengthMs)).toBeLessThan(120); // MP3 fills its frames
  },
);

test('the speech model that a request names speaks its answer, and another is refused with those there are', async () => {
  const synthesizer = new FakeSynthesizer();
  await using served = await openCompletions({
    synthesizer,
    speechModels: ['tts-1', 'tts-1-hd'],
  });
  await completion(served, {
    ...aloud,
    speech_model: 'tts-1-hd',
    audio: { voice: 'nova' },
  });
  expect(synthesizer.asked.map(({ voice }) => [voice.model, voice.name])).toEqual(
    synthesizer.asked.map(() => ['tts-1-hd', 'nova']),
  );
  const asked = synthesizer.asked.length;
  expect(asked).toBeGreaterThan(0);
  const refused = await refusalOf(
    completion(served, { ...aloud, speech_model: 'tts-9' }),
  );
  expect(refused).toMatchObject({
    status: 404,
    code: 'model_not_found',
    param: 'speech_model',
    message:
      '404 There is no model tts-9 for speech_model; there are: tts-1, tts-1-hd.',
  });
  expect(synthesizer.asked).toHaveLength(asked);
});

test('the transcription model that a request names recognises its sound, and another is refused with those there are', async () => {
  const transcriber = new FakeTranscriber({ texts: ['Is a retriever a good dog?'] });
  await using served = await openCompletions({
    transcriber,
    transcriptionModels: ['whisper-1', 'gpt-4o-transcribe'],
  });
  const asked = { ...question, messages: [{ role: 'user', content: [sound] }] };
  await completion(served, { ...asked, transcription_model: 'gpt-4o-transcribe' });
  await completion(served, asked);
  expect(transcriber.asked).toEqual([{ model: 'gpt-4o-transcribe' }, {}]);
  const refused = await refusalOf(
    completion(served, { ...asked, transcription_model: 'tts-1' }),
  );
  expect(refused).toMatchObject({
    status: 404,
    code: 'model_not_found',
    param: 'transcription_model',
    message:
      '404 There is no model tts-1 for transcription_model; there are: whisper-1, gpt-4o-transcribe.',
  });
  expect(transcriber.heard).toHaveLength(2);
});

test('a model that hears and speaks itself takes no speech model: the chain does', async () => {
  const synthesizer = new FakeSynthesizer();
  const speechModels = ['tts-1'];
  const pipelines = ['chained', 'audio-model'] as const;
  await using served = await openCompletions({ synthesizer, speechModels, pipelines });
  const asked = { ...aloud, speech_model: 'tts-1' };
  const refused = await refusalOf(
    completion(served, { ...asked, model: 'audio-model' }),
  );
  expect(refused).toMatchObject({ status: 400, param: 'speech_model' });
  await completion(served, asked);
  expect(synthesizer.asked[0]?.voice.model).toBe('tts-1');
  // In writing nothing is spoken.
  await completion(served, {
    ...question,
    model: 'audio-model',
    speech_model: 'tts-1',
  });
});
