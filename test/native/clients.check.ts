import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { OpenAI } from 'openai';
import { writeWav } from '#src/audio/formats/wav.ts';
import { openMockProviders } from '#test/fakes/providers/mock-providers.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { type Mission, replies, said, sayings } from '#test/mission/mission-setup.ts';
import { openRunningBot } from '#test/mission/running-bot.ts';
import { makeRemoteSettings } from '#test/scenarios/setup/bot-setup.ts';

const run = promisify(execFile);
const { CLIENTS = 'python3', CLIENTS_SAMPLES = '', CLIENTS_SCRIPT = '' } = process.env;
const { words, answer } = said.card;
const dog = {
  question: 'Is a golden retriever a good family dog?',
  answer: 'Yes, golden retrievers are good family dogs.',
};

const stack = new AsyncDisposableStack();
let bot: Pick<Mission, 'origin' | 'openai'>;
let recording: string;
let recordingUrl: string;
beforeAll(async () => {
  const providers = stack.use(
    await openMockProviders({
      ...sayings.providers,
      replies: [{ match: dog.question, text: dog.answer }, ...replies],
    }),
  );
  bot = stack.use(await openRunningBot(makeRemoteSettings(providers)));
  const folder = await mkdtemp(join(tmpdir(), 'parley-clients-'));
  stack.defer(() => rm(folder, { recursive: true }));
  // The clients run as a user of their own.
  await chmod(folder, 0o755);
  recording = join(folder, 'question.wav');
  const wav = writeWav(sayings.getSound(words));
  await writeFile(recording, wav);
  const files = stack.use(
    await openListeningServer((_request, response) => void response.end(wav)),
  );
  recordingUrl = `${files.origin}/alloy.wav`;
});
afterAll(() => stack.disposeAsync());

/** Runs a client of others with the bot's address and a program's token, and returns its output. */
async function runClient(program: string, ...inputs: string[]) {
  const env = {
    PATH: process.env.PATH,
    KEY: `${bot.openai.apiKey}`,
    HOME: join(recording, '..'),
  };
  const { stdout } = await run(program, inputs, { env, maxBuffer: 1 << 26 });
  return stdout;
}

test("OpenAI's and LiteLLM's packages for Python chat, hear, speak and translate through the bot, with only the address and the key changed", async () => {
  const told = JSON.parse(
    await runClient(CLIENTS, CLIENTS_SCRIPT, `${bot.origin}/v1`, recording),
  );
  const spoken = { words: answer, sound: 'RIFF' };
  expect(told).toEqual({
    models: expect.arrayContaining(['parley', 'chained']),
    chat: answer,
    stream: answer,
    audio: spoken,
    heard: words,
    events: ['transcript.text.delta', 'transcript.text.done'],
    translated: expect.any(String),
    pcm: true,
    refused: [
      ['AuthenticationError', 401],
      ['BadRequestError', 400],
      ['BadRequestError', 400],
    ],
    litellm: {
      chat: answer,
      stream: answer,
      audio: spoken,
      heard: words,
      spoken: true,
      refused: ['AuthenticationError', 401],
    },
  });
});

test("curl asks as OpenAI's documentation writes it: JSON, forms, events and a file of sound", async () => {
  const key = `Authorization: Bearer ${bot.openai.apiKey}`;
  const runCurl = (path: string, ...otherTexts: string[]) =>
    runClient(
      'curl',
      '--silent',
      '--show-error',
      '--fail-with-body',
      '-H',
      key,
      ...otherTexts,
      `${bot.origin}/v1${path}`,
    );
  const messages = [{ role: 'user', content: words }];
  const json = ['-H', 'Content-Type: application/json', '-d'];
  const chat = await runCurl(
    '/chat/completions',
    ...json,
    JSON.stringify({ model: 'parley', messages }),
  );
  expect(JSON.parse(chat).choices[0].message.content).toBe(answer);
  const events = await runCurl(
    '/chat/completions',
    ...json,
    JSON.stringify({ model: 'parley', messages, stream: true }),
  );
  expect(events).toMatch(/^data: \{.*\n\ndata: \[DONE\]\n\n$/s);
  const form = ['-F', 'model=parley', '-F', `file=@${recording}`];
  expect(JSON.parse(await runCurl('/audio/transcriptions', ...form)).text).toBe(words);
  const file = `${recording}.mp3`;
  const input = { model: 'parley', voice: 'alloy', input: answer };
  await runCurl('/audio/speech', ...json, JSON.stringify(input), '--output', file);
  expect((await readFile(file)).length).toBeGreaterThan(1_000);
});

const dogRequest = {
  model: 'gpt-4o-audio-preview',
  modalities: ['text', 'audio'],
  audio: { voice: 'alloy', format: 'wav' },
  messages: [{ role: 'user', content: dog.question }],
} satisfies OpenAI.ChatCompletionCreateParams;

const aboutDog = { words: dog.answer, sound: 'RIFF' };
const aboutRecording = { words: answer, sound: 'RIFF' };

function toSpoken({ choices }: OpenAI.ChatCompletion) {
  const { data = '', transcript } = choices[0]?.message.audio ?? {};
  const sound = Buffer.from(data, 'base64').toString('latin1', 0, 4);
  return { words: transcript, sound };
}

function askAbout(base64: string) {
  return {
    ...dogRequest,
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is in this recording?' },
          { type: 'input_audio', input_audio: { data: base64, format: 'wav' } },
        ],
      },
    ],
  } satisfies OpenAI.ChatCompletionCreateParams;
}

test.each(['/v1', ''])(
  'each of the 13 samples in Python of the documents that it follows runs as it stands, with only the address (ending in "%s") and the key changed',
  async (end) => {
    const told = JSON.parse(
      await runClient(CLIENTS, CLIENTS_SAMPLES, `${bot.origin}${end}`, recordingUrl),
    );
    expect(told).toEqual({
      '000 streamed speech': true,
      '000 streamed samples': true,
      '000 streamed samples, async': true,
      '001 pieces of speech': true,
      '001 opus in a buffer': true,
      '001 FastAPI': true,
      '001 requests in Django': true,
      '001 requests': true,
      '002 models of its own': aboutRecording,
      '003 sound out': aboutDog,
      '003 sound in': aboutRecording,
      '004 sound out': aboutDog,
      '004 sound in': aboutRecording,
    });
  },
);

test('so do the 3 in JavaScript and the 2 for curl', async () => {
  const { apiKey } = bot.openai;
  const openai = new OpenAI({ apiKey, baseURL: `${bot.origin}/v1` });
  const response = await openai.chat.completions.create({ ...dogRequest, store: true });
  expect(toSpoken(response)).toEqual(aboutDog);
  const audioResponse = await fetch(recordingUrl);
  const base64 = Buffer.from(await audioResponse.arrayBuffer()).toString('base64');
  const asked = { ...askAbout(base64), store: true };
  expect(toSpoken(await openai.chat.completions.create(asked))).toEqual(aboutRecording);
  const speech = await fetch(`${bot.origin}/v1/audio/speech`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({
      input: 'What is up?!',
      model: 'tts-1',
      response_format: 'mp3',
      voice: 'echo',
    }),
  });
  const pieces = await Array.fromAsync(speech.body ?? []);
  expect(Buffer.concat(pieces).length).toBeGreaterThan(1_000);
  for (const [body, spoken] of [
    [dogRequest, aboutDog],
    [askAbout(base64), aboutRecording],
  ] as const) {
    const file = `${recording}.json`;
    await writeFile(file, JSON.stringify(body));
    const answered = await runClient(
      'curl',
      '--silent',
      '--fail-with-body',
      `${bot.origin}/v1/chat/completions`,
      ...['-H', 'Content-Type: application/json'],
      ...['-H', `Authorization: Bearer ${apiKey}`],
      ...['-d', `@${file}`],
    );
    expect(toSpoken(JSON.parse(answered))).toEqual(spoken);
  }
});
