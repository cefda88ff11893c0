import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { openEngines, openPipelines } from '#src/app/engines/open-engines.ts';
import { writeWav } from '#src/audio/formats/wav.ts';
import { realClock } from '#src/base/clock.ts';
import type { ReplyPart } from '#src/pipeline/pipeline.ts';
import { readGoodSettings } from '#test/config/read-settings.ts';
import {
  FakeHost,
  joinTexts,
  makeTurn,
  toUtterance,
} from '#test/contracts/pipeline-contract.ts';
import { transcribeText as wordsOf } from '#test/contracts/transcriber-contract.ts';
import { readBotEnvironment } from '#test/deploy/compose-files.ts';
import { openLiveServer } from '#test/fakes/providers/live-sockets.ts';
import { openMockProviders, usualPace } from '#test/fakes/providers/mock-providers.ts';
import type { MockSettings } from '#test/fakes/providers/mock-settings.ts';
import { makeTone } from '#test/fakes/providers/mock-sound.ts';
import { findFreePort } from '#test/fakes/servers/listening-server.ts';
import { hearWords, speakWords } from '#test/fakes/tone-words.ts';

const never = new AbortController().signal;
const answer = 'Two of them. The other one is on its way.';
const vendors: Partial<MockSettings> = {
  hears: hearWords,
  replies: [{ match: /./, text: answer }],
  key: 'sk-vendor',
};
const mock = await openMockProviders(vendors);
/** A vendor of a model that hears and speaks at once. */
const live = await openLiveServer({ answer: () => ({ says: answer }) });
const folder = await mkdtemp(join(tmpdir(), 'parley-litellm-'));
// The proxy may run as somebody else.
await chmod(folder, 0o755);
const proxy = await openProxy(mock.baseUrl);
afterAll(async () => {
  proxy.program.kill();
  await once(proxy.program, 'exit');
  await mock[Symbol.asyncDispose]();
  await live[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});
beforeEach(() => mock.reset(vendors));

/**
 * Writes the profile with the vendor's address for the Realtime API, which LiteLLM takes from no variable, and with a model of
 * another vendor for /audio/speech.
 */
async function writeProfile(vendorUrl: string) {
  const profile = parse(await readFile('deploy/litellm/config.yaml', 'utf8'));
  const models: { model_name: string; litellm_params: Record<string, string> }[] =
    profile.model_list;
  for (const { model_name: name, litellm_params: params } of models)
    if (name === 'voice') params.api_base = vendorUrl;
  const tts = { model: 'openai/other-tts', api_key: 'os.environ/OPENAI_API_KEY' };
  models.push({ model_name: 'tts', litellm_params: tts });
  const talking = {
    model: 'openai/gpt-live-1',
    api_key: 'os.environ/OPENAI_API_KEY',
    api_base: live.baseUrl,
  };
  models.push({ model_name: 'talking', litellm_params: talking });
  const path = join(folder, 'config.yaml');
  await writeFile(path, stringify(profile));
  return path;
}

/** The program LiteLLM with the profile, in front of one vendor. */
async function openProxy(vendorUrl: string) {
  const port = `${await findFreePort()}`;
  const { PATH = '', HOME = '', PYTHONPATH = '', LITELLM = 'litellm' } = process.env;
  const config = await writeProfile(vendorUrl);
  const options = ['--config', config, '--host', '127.0.0.1', '--port', port];
  const program = spawn(LITELLM, options, {
    env: {
      ...{ PATH, HOME, PYTHONPATH, LITELLM_LOCAL_MODEL_COST_MAP: 'True' },
      LITELLM_MASTER_KEY: 'sk-proxy',
      OPENAI_API_KEY: 'sk-vendor',
      OPENAI_BASE_URL: vendorUrl,
    },
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const origin = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < 120; attempt++) {
    if (await isAlive(origin)) return { origin, program };
    if (program.exitCode !== null) break;
    await realClock.sleep(1_000, never);
  }
  throw new Error('LiteLLM did not start.');
}

async function isAlive(origin: string) {
  const response = await fetch(`${origin}/health/liveliness`).catch(() => undefined);
  return response?.ok === true;
}

/** Engines of the bot under the settings that the compose file and its `.env` make. */
async function openSet(overrides: Readonly<Record<string, string>> = {}) {
  const config = readGoodSettings({
    ...(await readBotEnvironment('compose.proxy.yaml')),
    OPENAI_BASE_URL: `${proxy.origin}/v1`,
    OPENAI_API_KEY: 'sk-proxy',
    ...overrides,
  });
  return { config, engines: await openEngines(config, () => {}) };
}

async function holdConversation(
  set: Awaited<ReturnType<typeof openSet>>,
  kind: 'chained' | 'audio-model' | 'live',
) {
  const { config, engines } = set;
  const pipeline = openPipelines(config.engines, engines, engines.chat('Nova')).open(
    kind,
  );
  const host = new FakeHost();
  host.release();
  const replyParts: (ReplyPart & { readonly atMs: number })[] = [];
  for await (const part of pipeline.answer(
    makeTurn(toUtterance('nova one')),
    host,
    never,
  ))
    replyParts.push({ ...part, atMs: realClock.nowMs() });
  return replyParts;
}

function samplesOf(replyParts: readonly ReplyPart[]) {
  return replyParts.reduce(
    (sum, part) => sum + (part.kind === 'audio' ? part.pcm.samples.length : 0),
    0,
  );
}

function keysAndModels() {
  return mock.requests.map(({ endpoint, authorization, body }) => [
    endpoint,
    authorization,
    body?.model,
  ]);
}

// Proves: LiteLLM proxy by real (1.108.7: all roles)
test('what is said is heard, thought and spoken through the proxy, with the vendor’s key and models', async () => {
  const set = await openSet();
  await using engines = set.engines;
  const { pcm, text } = speakWords('nova one two three');
  expect((await wordsOf(engines.transcriber, pcm)).toLowerCase()).toBe(text);
  const replyParts = await holdConversation(set, 'chained');
  expect(joinTexts(replyParts)).toBe(answer);
  expect(samplesOf(replyParts)).toBe(
    makeTone('Two of them.', 24_000).length +
      makeTone('The other one is on its way.', 24_000).length,
  );
  expect(keysAndModels()).toEqual([
    ['transcriptions', 'Bearer sk-vendor', 'gpt-transcribe'],
    ['chat', 'Bearer sk-vendor', 'gpt-6-luna'],
  ]);
  const read = mock.talk.calls.filter(({ aloud }) => aloud.length > 0);
  expect(read.map(({ authorization }) => authorization)).toEqual(
    read.map(() => 'Bearer sk-vendor'),
  );
  for (const { url } of read) expect(url).toContain('model=gpt-realtime-2.1-mini');
  expect(read.flatMap(({ aloud }) => aloud)).toHaveLength(2);
});

test('a voice at /audio/speech is heard whole through the proxy', async () => {
  const speech = {
    SPEECH_BACKEND: 'speech',
    SPEECH_MODEL: 'tts',
    SPEECH_FORMAT: 'wav',
  };
  const set = await openSet({ ...speech, SPEECH_VOICE: 'alloy' });
  await using engines = set.engines;
  const sounds = await Array.fromAsync(
    engines.synthesizer.synthesize('Two of them.', {}, never),
  );
  const samples = sounds.reduce((sum, { samples }) => sum + samples.length, 0);
  expect(samples).toBe(makeTone('Two of them.', 24_000).length);
  expect(keysAndModels()).toEqual([['speech', 'Bearer sk-vendor', 'other-tts']]);
});

test('words pass the proxy while the model writes', async () => {
  mock.set({ pace: { ...usualPace, tokensPerSecond: 5 } });
  const set = await openSet();
  await using _engines = set.engines;
  const words = (await holdConversation(set, 'chained')).filter(
    ({ kind }) => kind === 'text',
  );
  const [chat] = mock.requests.filter(({ endpoint }) => endpoint === 'chat');
  expect(words.length).toBeGreaterThan(4);
  expect(words[0]?.atMs).toBeLessThan((chat?.endedAtMs ?? 0) - 1_000);
});

test('one model behind the proxy hears and speaks, and its sound is whole', async () => {
  const set = await openSet({ PIPELINE: 'audio-model' });
  await using _engines = set.engines;
  const replyParts = await holdConversation(set, 'audio-model');
  expect(joinTexts(replyParts)).toBe(answer);
  expect(samplesOf(replyParts)).toBe(makeTone(answer, 24_000).length);
  expect(keysAndModels()).toEqual([['chat', 'Bearer sk-vendor', 'gpt-audio-1.5']]);
  expect(JSON.stringify(mock.requests[0]?.body?.messages)).toContain('input_audio');
});

test('a live model behind the proxy hears a question and answers it aloud', async () => {
  const set = await openSet({
    PIPELINE: 'live',
    LIVE_BASE_URL: `${proxy.origin}/v1`,
    LIVE_API_KEY: 'sk-proxy',
    LIVE_MODEL: 'talking',
  });
  await using _engines = set.engines;
  const replyParts = await holdConversation(set, 'live');
  expect(joinTexts(replyParts)).toBe(answer);
  expect(samplesOf(replyParts)).toBeGreaterThan(makeTone(answer, 24_000).length * 0.9);
  const [session, ...others] = live.sessions;
  expect(others).toEqual([]);
  expect(session?.commands[0]).toMatchObject({ session: { model: 'gpt-live-1' } });
  expect(session?.voicedMs).toBeGreaterThan(900);
});

test('the proxy asks a failing vendor once: trying again is the bot’s', async () => {
  mock.set({
    trouble: { chat: 'error-500', speech: 'error-500', transcriptions: 'error-500' },
  });
  const form = new FormData();
  form.set('model', 'ears');
  form.set('file', new Blob([writeWav(speakWords('nova one').pcm)]), 'speech.wav');
  const messages = [{ role: 'user', content: 'nova one' }];
  const requests = [
    await postToProxy(
      'chat/completions',
      JSON.stringify({ model: 'mind', stream: true, messages }),
    ),
    await postToProxy(
      'chat/completions',
      JSON.stringify({ model: 'audio', stream: true, messages }),
    ),
    await postToProxy(
      'audio/speech',
      JSON.stringify({ model: 'tts', voice: 'alloy', input: 'Hi.' }),
    ),
    await postToProxy('audio/transcriptions', form),
  ];
  expect(requests).toEqual([500, 500, 500, 500]);
  expect(mock.requests.map(({ endpoint }) => endpoint)).toEqual([
    ...['chat', 'chat', 'speech', 'transcriptions'],
  ]);
});

/** The status of the proxy's answer. */
async function postToProxy(path: string, body: string | FormData) {
  const type =
    typeof body === 'string' ? { 'content-type': 'application/json' } : undefined;
  const headers = { authorization: 'Bearer sk-proxy', ...type };
  return (await fetch(`${proxy.origin}/v1/${path}`, { method: 'POST', headers, body }))
    .status;
}

test('a model whose first word takes nearly five minutes is waited for', {
  tags: ['nightly'],
}, async () => {
  mock.set({ pace: { ...usualPace, firstTokenMs: 290_000 } });
  const set = await openSet();
  await using _engines = set.engines;
  expect(joinTexts(await holdConversation(set, 'chained'))).toBe(answer);
});
