import { OpenAI } from 'openai';
import type {
  ChatCompletion,
  ChatCompletionCreateParams,
} from 'openai/resources/chat/completions';
import { readWav, writeWav } from '#src/audio/formats/wav.ts';
import { BotError } from '#src/base/errors.ts';
import { toGuildId } from '#src/base/ids.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { openCompletions, question } from './completions-setup.ts';

const answer = 'Yes. They are patient dogs.';
const aloud = { modalities: ['text', 'audio'] };

/** Voice of the server that the token is for. */
const ownVoice = 'slt';

/** Messages with a question that has this part. */
function makeQuestion(part: object) {
  return { messages: [{ role: 'user', content: [part] }] };
}

function toSound(bytes: Buffer) {
  const data = bytes.toString('base64');
  return { type: 'input_audio', input_audio: { data, format: 'wav' } };
}

function makeWav(seconds: number) {
  const samples = Int16Array.from({ length: seconds * 8_000 }, (_, n) =>
    Math.round(9_000 * Math.sin(n / 5)),
  );
  return writeWav({ samples, rateHz: 8_000, channels: 1 });
}

/** Text and sound of a whole answer. */
function messageOf({ choices: [choice] }: ChatCompletion) {
  const { content, audio } = choice?.message ?? {};
  return {
    content,
    transcript: audio?.transcript,
    bytes: Buffer.from(audio?.data ?? '', 'base64'),
  };
}

/** Names of the voices that have spoken. */
function listVoices({ asked }: FakeSynthesizer) {
  return [...new Set(asked.map(({ voice }) => voice.name))];
}

const modelField = /the operator of the bot chooses the model and what it costs/;

test.each<[object, string, RegExp]>([
  [
    { audio: { voice: 'alloy', format: 'mp3' }, stream: true },
    'audio.format',
    /streamed sound is pcm16/,
  ],
  [{ n: 9 }, 'n', /at most 8 answers/],
  [
    { messages: [{ role: 'assistant', audio: { id: 'audio_1' } }, question] },
    'messages[0].audio.id',
    /No answer audio_1 is kept for this token: send its transcript as content/,
  ],
  [{ tools: [{ type: 'web_search' }] }, 'tools[0].type', /only functions/],
  [{ functions: [] }, 'functions', /send them as tools/],
  [{ logprobs: true }, 'logprobs', /has no probabilities/],
  [{ models: ['dear'] }, 'models', modelField],
  [{ context_window_fallbacks: [{}] }, 'context_window_fallbacks', modelField],
  [{ web_search_options: {} }, 'web_search_options', modelField],
  [{ audio: { voice: 'alloy', format: 'aac' } }, 'audio.format', /"pcm16"/],
  [
    makeQuestion({ type: 'file', file: { file_id: 'a' } }),
    'messages[0].content[0]',
    /neither text, image_url nor input_audio/,
  ],
  [
    makeQuestion({ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }),
    'messages[0].content[0].image_url.url',
    /no web address and no data:image/,
  ],
])("%j is refused in words and OpenAI's shape", async (overrides, param, sentence) => {
  await using served = await openCompletions();
  const asking = served.complete({ ...aloud, ...overrides });
  await expect(asking).rejects.toBeInstanceOf(OpenAI.APIError);
  await expect(asking).rejects.toMatchObject({
    status: 400,
    param,
    type: 'invalid_request_error',
    message: expect.stringMatching(sentence),
  });
});

test.each([
  ['no sound', Buffer.from('a dog'), { code: 'sound.unusable' }],
  ['too long', makeWav(121), { status: 413, code: 'sound.too_long' }],
])('a file that is %s is refused in words', async (_, bytes, refusal) => {
  await using served = await openCompletions();
  await expect(served.complete(makeQuestion(toSound(bytes)))).rejects.toMatchObject(
    refusal,
  );
});

test('a model that is down is refused before the stream begins, and one that breaks off ends it with an error', async () => {
  const error = new BotError('provider.unreachable', true, 'Down: key sk-secret.');
  await using down = await openCompletions({ chat: new FakeChat([[{ error }]]) });
  const refused = await down.stream(aloud).catch((cause: unknown) => cause);
  expect(refused).toMatchObject({ status: 502, code: 'provider.unreachable' });
  expect(`${refused}`).not.toContain('sk-secret');
  await using cut = await openCompletions({
    chat: new FakeChat([['Yes. ', { error }]]),
  });
  await expect(cut.stream(aloud)).rejects.toThrow(/provider.unreachable/);
});

/** Asks a model that answers nothing, while `ms` pass. */
async function askStalled(stream: boolean, ms: number) {
  await using served = await openCompletions({ chat: new FakeChat([['stall']]) });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const body = { model: 'parley', messages: [question], stream };
  const pending = served.api.post('parley_dog', '/v1/chat/completions', body);
  await expect.poll(() => served.chat).toMatchObject({ running: 1 });
  await vi.advanceTimersByTimeAsync(ms);
  return await pending;
}

test('a model that thinks for long ends an answer in one piece with 504, and a stream gets a comment every 15 s', async () => {
  const late = await askStalled(false, 110_000);
  expect([late.status, await late.json()]).toMatchObject([
    504,
    { error: { code: 'answer.late' } },
  ]);
  const streamed = await askStalled(true, 15_000);
  const reader = streamed.body?.pipeThrough(new TextDecoderStream()).getReader();
  const readChunk = async () => (await reader?.read())?.value;
  expect([streamed.status, await readChunk()]).toEqual([
    200,
    expect.stringContaining('"assistant"'),
  ]);
  expect(await readChunk()).toBe(': still answering\n\n');
  await reader?.cancel();
});

test.each([
  [undefined, 'in writing'],
  [['text'], 'in writing'],
  [null, 'in writing'],
  [['text', 'audio'], 'with sound'],
  [['audio'], 'with sound'],
])('with the modalities %j the answer comes %s', async (modalities, how) => {
  const synthesizer = new FakeSynthesizer();
  await using served = await openCompletions({ synthesizer });
  const audio = { voice: 'alloy', format: 'wav' };
  const { bytes, ...words } = messageOf(await served.complete({ modalities, audio }));
  const isSpoken = how === 'with sound';
  expect([synthesizer.asked.length > 0, bytes.length > 0]).toEqual([
    isSpoken,
    isSpoken,
  ]);
  expect(words).toEqual(
    isSpoken ? { content: null, transcript: answer } : { content: answer },
  );
});

test('without audio the answer sounds in the voice of the server: wav, or pcm16 where it is streamed', async () => {
  const synthesizer = new FakeSynthesizer();
  await using served = await openCompletions({ synthesizer });
  const whole = await served.complete(aloud);
  expect(whole.usage?.total_tokens).toBeGreaterThan(0);
  const { bytes } = messageOf(whole);
  expect(readWav(bytes)).toMatchObject({ rateHz: 24_000, channels: 1 });
  const pieces = (await served.stream(aloud)).map(({ choices }) =>
    Buffer.from(Object(choices[0]?.delta).audio?.data ?? '', 'base64'),
  );
  expect(Buffer.concat(pieces)).toHaveLength(bytes.length - 44); // the head of the file
  expect(listVoices(synthesizer)).toEqual([ownVoice]);
});

test.each([
  [{ voice: 'alloy' }, 'alloy'],
  [{ voice: { id: 'alloy' } }, 'alloy'],
  [{ voice: 'default' }, ownVoice],
])('with the audio %j the voice is %s', async (audio, name) => {
  const synthesizer = new FakeSynthesizer();
  await using served = await openCompletions({ synthesizer });
  await served.complete({ ...aloud, audio });
  expect(listVoices(synthesizer)).toEqual([name]);
});

const { signal } = new AbortController();

test.each([
  ['mp3', /^(ID3|\xff[\xe2-\xff])/],
  ['opus', /^OggS/],
])(
  'in one piece the answer comes as %s, whole and in 24 kHz',
  async (format, begin) => {
    await using served = await openCompletions();
    const hearReply = async (audio?: object) => {
      const { bytes } = messageOf(await served.complete({ ...aloud, audio }));
      const file = { url: '', name: `answer.${format}`, bytes, personId: 'p' };
      const { samples, rateHz } = await served.recordings.read(
        toGuildId('g'),
        file,
        signal,
      );
      return { bytes, lengthMs: (samples.length / rateHz) * 1_000 };
    };
    const wav = await hearReply();
    const encoded = await hearReply({ format });
    expect(encoded.bytes.toString('latin1', 0, 4)).toMatch(begin);
    expect(encoded.bytes.length).toBeLessThan(wav.bytes.length / 2);
    expect(Math.abs(encoded.lengthMs - wav.lengthMs)).toBeLessThan(120); // MP3 fills its frames
  },
);

test.each([false, true])(
  'the speech model that a request names speaks its answer, an unknown one is the usual one, and the reply says which (stream: %j)',
  async (stream) => {
    const synthesizer = new FakeSynthesizer();
    const speechModels = ['tts-1', 'tts-1-hd'];
    await using served = await openCompletions({ synthesizer, speechModels });
    const audio = { voice: 'nova', ...(stream && { format: 'pcm16' }) };
    const askBy = async (speech_model: string) => {
      const fields = { ...aloud, speech_model, audio, stream, messages: [question] };
      const params = { model: 'parley', ...fields } as ChatCompletionCreateParams;
      const { completions } = served.openai.chat;
      const response = await completions.create(params).asResponse();
      await response.text();
      return [response.headers.get('x-speech-model'), synthesizer.asked.at(-1)?.voice];
    };
    for (const [named, used] of [
      ['tts-1-hd', 'tts-1-hd'],
      ['hexgrad/Kokoro-82M', 'tts-1'],
    ] as const)
      expect(await askBy(named)).toEqual([
        used,
        expect.objectContaining({ name: 'nova' }),
      ]);
  },
);

test('the transcription model that a request names recognises its sound, an unknown one is the usual one, and the reply says which', async () => {
  const transcriber = new FakeTranscriber({ texts: [question.content] });
  const transcriptionModels = ['whisper-1', 'gpt-4o-transcribe'];
  await using served = await openCompletions({ transcriber, transcriptionModels });
  const asked = makeQuestion(toSound(makeWav(1)));
  const findUsed = async (transcription_model?: string) => {
    const body: object = { model: 'parley', ...asked, transcription_model };
    const { completions } = served.openai.chat;
    const response = await completions
      .create(body as ChatCompletionCreateParams)
      .asResponse();
    await response.text();
    return response.headers.get('x-transcription-model');
  };
  expect(await findUsed('gpt-4o-transcribe')).toBe('gpt-4o-transcribe');
  expect(await findUsed()).toBeNull();
  expect(await findUsed('Systran/faster-whisper-tiny.en')).toBe('whisper-1');
  // A sound that the usual model has recognised is not recognised again.
  expect(transcriber.asked.map(({ model }) => model)).toEqual([
    'gpt-4o-transcribe',
    undefined,
  ]);
});

test('a model that hears and speaks itself takes no speech model: the chain does', async () => {
  const synthesizer = new FakeSynthesizer();
  await using served = await openCompletions({
    synthesizer,
    speechModels: ['tts-1'],
    pipelines: ['chained', 'audio-model'],
  });
  const written = { speech_model: 'tts-1', model: 'audio-model' };
  await expect(served.complete({ ...written, ...aloud })).rejects.toMatchObject({
    status: 400,
    param: 'speech_model',
  });
  await served.complete({ ...aloud, speech_model: 'tts-1' });
  expect(synthesizer.asked[0]?.voice.model).toBe('tts-1');
  await served.complete(written); // in writing nothing is spoken
});
