import { OpenAI } from 'openai';
import type { ChatCompletion, ChatCompletionChunk } from 'openai/resources/chat/completions';
import type { Stream } from 'openai/streaming';
import { expect, test } from 'vitest';
import { readWav, writeWav } from '#src/audio/wav.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/speech.ts';
import { openCompletions } from './completions-setup.ts';

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
const sound = { ...question, modalities: ['text', 'audio'] };

const samples = new Int16Array(16_000).fill(1_000);
const data = writeWav({ samples, rateHz: 16_000, channels: 1 }).toString('base64');
const recording = { type: 'input_audio', input_audio: { data, format: 'wav' } };

/** Fields that the client has no types for are sent by its `post`, as they are by `extra_body` in Python. */
function completion({ openai }: CompletionsSetup, body: object): Promise<ChatCompletion> {
  return openai.post('/chat/completions', { body });
}

function streamed(
  { openai }: CompletionsSetup,
  body: object,
): Promise<Stream<ChatCompletionChunk>> {
  return openai.post('/chat/completions', { body: { ...body, stream: true }, stream: true });
}

async function refusalOf(asking: Promise<unknown>): Promise<unknown> {
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
  const audio = { voice: 'alloy', format: 'wav' };
  const message = messageOf(await completion(served, { ...question, modalities, audio }));
  const isSpoken = how === 'with sound';
  expect(synthesizer.asked.length > 0).toBe(isSpoken);
  expect(message.bytes.length > 0).toBe(isSpoken);
  expect(message[isSpoken ? 'transcript' : 'content']).toBe('Yes. They are patient dogs.');
  expect(message[isSpoken ? 'content' : 'transcript'] ?? null).toBeNull();
});

test('without audio the answer sounds in the voice of the server: wav, or pcm16 where it is streamed', async () => {
  const synthesizer = new FakeSynthesizer();
  await using served = await openCompletions({ synthesizer });
  const { bytes } = messageOf(await completion(served, sound));
  expect(readWav(bytes)).toMatchObject({ rateHz: 24_000, channels: 1 });
  const pieces: string[] = [];
  for await (const { choices } of await streamed(served, sound)) {
    const delta = choices[0]?.delta as { readonly audio?: { readonly data?: string } } | undefined;
    pieces.push(delta?.audio?.data ?? '');
  }
  const streamedBytes = Buffer.concat(pieces.map((data) => Buffer.from(data, 'base64')));
  expect(streamedBytes).toHaveLength(bytes.length - 44); // the head of the file
  expect(new Set(synthesizer.asked.map(({ voice }) => voice.name))).toEqual(new Set([ownVoice]));
});

test.each([
  [{ voice: 'alloy' }, 'alloy'],
  [{ voice: { id: 'alloy' } }, 'alloy'],
  [{ voice: 'default' }, ownVoice],
])('with the audio %j the voice is %s', async (audio, name) => {
  const synthesizer = new FakeSynthesizer();
  await using served = await openCompletions({ synthesizer });
  await completion(served, { ...sound, audio });
  expect(new Set(synthesizer.asked.map(({ voice }) => voice.name))).toEqual(new Set([name]));
});

test.each(['mp3', 'opus'] as const)(
  'in one piece the answer comes as %s, whole and in 24 kHz',
  async (format) => {
    await using served = await openCompletions();
    const lengthMs = async (over: object) => {
      const { bytes } = messageOf(await completion(served, { ...sound, ...over }));
      const name = `answer.${format}`;
      const file = { url: '', name, bytes, personId: 'p' };
      const { samples, rateHz } = await served.recordings.read(file, never);
      return { bytes, lengthMs: (samples.length / rateHz) * 1_000 };
    };
    const wav = await lengthMs({});
    const { bytes, lengthMs: encodedMs } = await lengthMs({ audio: { format } });
    expect(bytes.toString('latin1', 0, 4)).toMatch(magic[format]);
    expect(bytes.length).toBeLessThan(wav.bytes.length / 2);
    expect(Math.abs(encodedMs - wav.lengthMs)).toBeLessThan(120); // MP3 fills its frames
  },
);

test('streamed sound is pcm16, and another format is refused by its name', async () => {
  await using served = await openCompletions();
  const asked = { ...sound, audio: { format: 'mp3' }, stream: true };
  const refused = await refusalOf(completion(served, asked));
  const message = expect.stringMatching(/streamed sound is pcm16/);
  expect(refused).toMatchObject({ status: 400, param: 'audio.format', message });
});

test('the speech model that a request names speaks its answer, and another is refused with those there are', async () => {
  const synthesizer = new FakeSynthesizer();
  const speechModels = ['tts-1', 'tts-1-hd'];
  await using served = await openCompletions({ synthesizer, speechModels });
  await completion(served, { ...sound, speech_model: 'tts-1-hd', audio: { voice: 'nova' } });
  expect(synthesizer.asked.map(({ voice }) => [voice.model, voice.name])).toEqual(
    synthesizer.asked.map(() => ['tts-1-hd', 'nova']),
  );
  const asked = synthesizer.asked.length;
  expect(asked).toBeGreaterThan(0);
  const refused = await refusalOf(completion(served, { ...sound, speech_model: 'tts-9' }));
  expect(refused).toMatchObject({
    status: 404,
    code: 'model_not_found',
    param: 'speech_model',
    message: '404 There is no model tts-9 for speech_model; there are: tts-1, tts-1-hd.',
  });
  expect(synthesizer.asked).toHaveLength(asked);
});

test('the transcription model that a request names recognises its sound, and another is refused with those there are', async () => {
  const transcriber = new FakeTranscriber({ texts: ['Is a retriever a good dog?'] });
  const transcriptionModels = ['whisper-1', 'gpt-4o-transcribe'];
  await using served = await openCompletions({ transcriber, transcriptionModels });
  const asked = { ...question, messages: [{ role: 'user', content: [recording] }] };
  await completion(served, { ...asked, transcription_model: 'gpt-4o-transcribe' });
  await completion(served, asked);
  expect(transcriber.asked).toEqual([{ model: 'gpt-4o-transcribe' }, {}]);
  const refused = await refusalOf(completion(served, { ...asked, transcription_model: 'tts-1' }));
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
  const asked = { ...sound, speech_model: 'tts-1' };
  const refused = await refusalOf(completion(served, { ...asked, model: 'audio-model' }));
  expect(refused).toMatchObject({ status: 400, param: 'speech_model' });
  await completion(served, asked);
  expect(synthesizer.asked[0]?.voice.model).toBe('tts-1');
  // In writing nothing is spoken.
  await completion(served, { ...question, model: 'audio-model', speech_model: 'tts-1' });
});
