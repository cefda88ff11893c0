import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeWav } from '#src/audio/formats/wav.ts';
import { openMockProviders } from '#test/fakes/providers/mock-providers.ts';
import { type Mission, replies, said, sayings } from '#test/mission/mission-setup.ts';
import { openRunningBot } from '#test/mission/running-bot.ts';
import { makeRemoteSettings } from '#test/scenarios/setup/bot-setup.ts';

const run = promisify(execFile);
const { CLIENTS = 'python3', CLIENTS_SCRIPT = '' } = process.env;
const { words, answer } = said.card;

const stack = new AsyncDisposableStack();
let bot: Pick<Mission, 'origin' | 'openai'>;
let recording: string;
beforeAll(async () => {
  const providers = stack.use(
    await openMockProviders({ ...sayings.providers, replies }),
  );
  bot = stack.use(await openRunningBot(makeRemoteSettings(providers)));
  const folder = await mkdtemp(join(tmpdir(), 'parley-clients-'));
  stack.defer(() => rm(folder, { recursive: true }));
  // The clients run as a user of their own.
  await chmod(folder, 0o755);
  recording = join(folder, 'question.wav');
  await writeFile(recording, writeWav(sayings.getSound(words)));
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
