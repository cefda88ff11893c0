import { createServer } from 'node:http';
import { PassThrough } from 'node:stream';
import type { EngineNews } from '#src/app/engines/engine-news.ts';
import {
  openEngines,
  openPipelines,
  watchModels,
} from '#src/app/engines/open-engines.ts';
import { logProvider } from '#src/app/provider-log.ts';
import { PageView } from '#src/app/sandbox/page-view.ts';
import { AlertBoard } from '#src/ops/alert-board.ts';
import { openLog } from '#src/ops/log.ts';
import { openMetrics } from '#src/ops/metrics/metrics.ts';
import { OperatorNotices } from '#src/ops/operator-notices.ts';
import { WarmConnections } from '#src/provider/access/server-access.ts';
import type { FallbackChain } from '#src/provider/fallback-chain.ts';
import { readGoodSettings } from '#test/config/read-settings.ts';
import {
  FakeHost,
  joinTexts,
  makeTurn,
  toUtterance,
} from '#test/contracts/pipeline-contract.ts';
import { transcribeText } from '#test/contracts/transcriber-contract.ts';
import { answerModels, openExaminedServer } from '#test/doctor/run-examination.ts';
import {
  instantPace,
  openMockProviders,
} from '#test/fakes/providers/mock-providers.ts';
import { attachRealtime } from '#test/fakes/providers/mock-realtime.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { toLogged } from '#test/fakes/to-logged.ts';
import { hearWords, speakWords } from '#test/fakes/tone-words.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

/** Ends a test that hangs. */
const hangMs = 300_000;

async function serveKnocks() {
  const knocks: string[] = [];
  const server = createServer((request, response) => {
    knocks.push(`${request.method} ${request.url}`);
    if (request.url === '/v1/models') response.end('{"data":[{"id":"another"}]}');
    else response.writeHead(404).end();
  });
  const realtime = attachRealtime(server, { hears: hearWords });
  const served = await openListeningServer(server, () => realtime.dropAll());
  return { ...served, baseUrl: `${served.origin}/v1`, knocks, realtime };
}

/** Address of engines that a test does not ask: without one they would be local, and loading these takes a second of CPU. */
const nowhere = 'http://127.0.0.1:9/v1';

test('servers are connected to before anybody speaks, and everything is closed in the end', async () => {
  await using server = await serveKnocks();
  const config = readGoodSettings({
    OPENAI_BASE_URL: server.baseUrl,
    TRANSCRIPTION_BACKEND: 'realtime',
  });
  const { text, pcm } = speakWords('one two three four');
  {
    await using engines = await openEngines(config, () => {});
    const isKnock = (request: string) => request === 'OPTIONS /v1';
    await expect.poll(() => server.knocks.filter(isKnock)).toHaveLength(2);
    await expect.poll(() => server.realtime.open).toBe(1);
    engines.warm();
    expect(await transcribeText(engines.transcriber, pcm)).toBe(text);
    expect(server.knocks.filter(isKnock)).toHaveLength(2);
  }
  await expect.poll(() => server.realtime.open).toBe(0);
});

test('a server that refuses OPTIONS is asked for one no more', async () => {
  const clock = new VirtualClock();
  await using server = await serveKnocks();
  using connections = new WarmConnections([server.baseUrl], clock);
  connections.warm();
  await expect.poll(() => server.knocks).toHaveLength(2);
  await fetch(server.baseUrl);
  await clock.advance(12_000);
  connections.warm();
  expect(server.knocks).toEqual(['OPTIONS /v1', 'OPTIONS /v1', 'GET /v1']);
});

test('a server that is far away is asked again, though it refuses OPTIONS', async () => {
  const clock = new VirtualClock();
  await using server = await serveKnocks();
  using connections = new WarmConnections([server.baseUrl], clock);
  connections.warm();
  const isLater = clock.advance(50);
  await expect.poll(() => server.knocks).toHaveLength(2);
  await fetch(server.baseUrl);
  await isLater;
  await clock.advance(12_000);
  connections.warm();
  expect(server.knocks.length).toBeGreaterThan(3);
});

test('a Realtime voice is connected before anybody speaks, reads, and is closed in the end', async () => {
  await using server = await openMockProviders({ pace: instantPace });
  const config = readGoodSettings({
    TRANSCRIPTION_BASE_URL: nowhere,
    SPEECH_BASE_URL: server.baseUrl.replace('http', 'ws'),
  });
  {
    await using engines = await openEngines(config, () => undefined);
    await expect.poll(() => server.talk.open).toBe(2);
    const never = new AbortController().signal;
    const sounds = await Array.fromAsync(
      engines.synthesizer.synthesize('Hello there.', {}, never),
    );
    expect(sounds.length).toBeGreaterThan(0);
    engines.warm();
    expect(server.talk.calls).toHaveLength(2);
  }
  await expect.poll(() => server.talk.open).toBe(0);
});

test('a server that is gone is replaced by local engines, which are loaded then', {
  timeout: hangMs,
}, async () => {
  await using server = await serveKnocks();
  const config = readGoodSettings({
    TRANSCRIPTION_BASE_URL: nowhere,
    SPEECH_BASE_URL: nowhere,
    CHAT_COMPLETION_BASE_URL: nowhere,
    TRANSCRIPTION_FALLBACK_BASE_URL: 'local',
    SPEECH_FALLBACK_BASE_URL: 'local',
    CHAT_COMPLETION_FALLBACK_BASE_URL: server.baseUrl,
  });
  const news: EngineNews[] = [];
  // Loading takes 6 s of a processor, which a busy machine may not have for minutes. It is awaited.
  const loading = { firstMs: hangMs, coldFirstMs: hangMs, totalMs: hangMs };
  const recognising = { ...config.engines.deadlines['speech to text'], ...loading };
  const speaking = { ...config.engines.deadlines['text to speech'], ...loading };
  const patientRoles = { 'speech to text': recognising, 'text to speech': speaking };
  const deadlines = { ...config.engines.deadlines, ...patientRoles };
  const patient = { ...config, engines: { ...config.engines, deadlines } };
  await using engines = await openEngines(
    patient,
    (engineNews) => void news.push(engineNews),
  );
  const never = new AbortController().signal;
  const sounds = await Array.fromAsync(
    engines.synthesizer.synthesize('Hello.', {}, never),
  );
  expect(sounds.length).toBeGreaterThan(0);
  const { pcm } = speakWords('one two three four');
  expect(await transcribeText(engines.transcriber, pcm)).not.toBe('(no final)');
  const reported = news.flatMap((engineNews) =>
    engineNews.kind === 'fallback-on' ? [engineNews.to] : [],
  );
  expect(reported).toEqual(['Piper', 'Whisper']);
});

test('a server that wants to be left alone is, while the fall-back answers; no storm', async () => {
  const trouble = { chat: 'rate-limited' } as const;
  await using entry = await openMockProviders({ pace: instantPace, trouble });
  await using two = await openMockProviders({ pace: instantPace });
  const config = readGoodSettings({
    TRANSCRIPTION_BASE_URL: nowhere,
    SPEECH_BASE_URL: nowhere,
    CHAT_COMPLETION_BASE_URL: entry.baseUrl,
    CHAT_COMPLETION_FALLBACK_BASE_URL: two.baseUrl,
  });
  const news: EngineNews[] = [];
  await using engines = await openEngines(
    config,
    (reported) => void news.push(reported),
  );
  const chat = engines.chat('Nova');
  const never = new AbortController().signal;
  const hello = { role: 'user', name: 'Ana', content: 'hello' } as const;
  for (let n = 0; n < 5; n++) {
    const chatParts = await Array.fromAsync(chat.reply([hello], [], never));
    expect(chatParts.some(({ kind }) => kind === 'text')).toBe(true);
  }
  const listChats = ({ requests }: typeof entry) =>
    requests.filter(({ endpoint }) => endpoint === 'chat');
  expect(listChats(entry)).toHaveLength(1);
  expect(listChats(two)).toHaveLength(5);
  for (const request of listChats(two))
    expect(request).toMatchObject({ body: { max_completion_tokens: 4_000 } });
  expect(news.filter(({ kind }) => kind === 'fallback-on')).toHaveLength(1);
});

test('without servers local engines are ready, which the page is told', async () => {
  const view = new PageView('Nova');
  await using _ = await openEngines(readGoodSettings({}), (news) =>
    view.onEngine(news),
  );
  const told: object[] = [];
  view.connect((event) => told.push(event));
  const engines = ['speech to text', 'chat'].map((role) =>
    expect.objectContaining({ role, isLocal: true }),
  );
  expect(told).toEqual([{ kind: 'engines', engines: expect.arrayContaining(engines) }]);
});

test('the operator is told of each model that ends in one notice and in the log, also of one whose date comes later', async () => {
  const makeDatedModel = (id: string) => ({ id, shutdown_date: '2026-12-24' });
  const first = [makeDatedModel('hears'), makeDatedModel('thinks')];
  const models = [
    answerModels(...first, 'speaks'),
    answerModels(...first, makeDatedModel('speaks')),
  ];
  let day = 0;
  using server = await openExaminedServer({
    'GET /v1/models': (response, request) =>
      models[Math.min(day, 1)]?.(response, request),
  });
  const config = readGoodSettings({
    ...{ TRANSCRIPTION_BASE_URL: `${server.origin}/v1`, TRANSCRIPTION_MODEL: 'hears' },
    ...{
      CHAT_COMPLETION_BASE_URL: `${server.origin}/v1`,
      CHAT_COMPLETION_MODEL: 'thinks',
    },
    ...{ SPEECH_BASE_URL: `${server.origin}/v1`, SPEECH_MODEL: 'speaks' },
  });
  const clock = new VirtualClock();
  const sent: string[] = [];
  const notices = new OperatorNotices({
    ...{ clock, log: { warn: () => undefined }, signal: new AbortController().signal },
    send: async (notice) => sent.push(notice),
  });
  const lines: string[] = [];
  const to = new PassThrough().on('data', (line) =>
    lines.push(JSON.parse(`${line}`).msg),
  );
  using metrics = openMetrics(() => true);
  const board = new AlertBoard(openLog('info', [], to), metrics.meters, [], notices);
  using _ = watchModels(
    config.engines,
    clock,
    (news) => news.kind === 'alert' && board.report(news),
  );
  const formatEnding = (model: string, role: string) =>
    `the model ${model} (${role}) ends on 2026-12-24`;
  for (day = 0; day < 3; day++) {
    await expect
      .poll(() => [server.asked.length, clock.sleeping])
      .toEqual([3 * (day + 1), 1]);
    expect(sent).toHaveLength(Math.min(day + 2, 3));
    await clock.advance(86_400_000);
  }
  expect(sent).toEqual([
    expect.stringContaining(
      `${formatEnding('hears', 'TRANSCRIPTION')} (model-ends). In the settings, set another model in its place`,
    ),
    expect.stringContaining(formatEnding('thinks', 'CHAT_COMPLETION')),
    expect.stringContaining(formatEnding('speaks', 'SPEECH')),
  ]);
  expect(lines.map((line) => line.split('. ')[0])).toEqual([
    `alert raised: ${formatEnding('hears', 'TRANSCRIPTION')}`,
    `alert raised: ${formatEnding('thinks', 'CHAT_COMPLETION')}`,
    `alert raised: ${formatEnding('speaks', 'SPEECH')}`,
  ]);
});

/** Pipelines that a bot with these settings can switch between. */
async function listOffered(environment: Readonly<Record<string, string>> = {}) {
  const servers = { TRANSCRIPTION_BASE_URL: nowhere, SPEECH_BASE_URL: nowhere };
  const config = readGoodSettings({ ...servers, ...environment });
  await using engines = await openEngines(config, () => undefined);
  return openPipelines(config.engines, engines, engines.chat('Nova'));
}

test('a chat server offers an audio-model once its name is known', async () => {
  const chat = { CHAT_COMPLETION_BASE_URL: nowhere, CHAT_COMPLETION_MODEL: 'writes' };
  expect((await listOffered(chat)).names).toEqual(['chained']);
  const both = await listOffered({ ...chat, AUDIO_MODEL_NAME: 'hears' });
  expect(both.names).toEqual(['chained', 'audio-model']);
  expect(both.names.map((name) => both.getEngineNames(name))).toEqual([
    'writes',
    'hears',
  ]);
});

test('the chat model answers in the place of a Realtime server that is away', async () => {
  await using mock = await openMockProviders({
    replies: [{ match: /^/, text: 'It is four.' }],
  });
  const { baseUrl } = mock;
  const config = readGoodSettings({
    TRANSCRIPTION_BASE_URL: baseUrl,
    CHAT_COMPLETION_BASE_URL: baseUrl,
    SPEECH_BASE_URL: baseUrl,
    REALTIME_BASE_URL: 'ws://127.0.0.1:9/v1',
    PIPELINE: 'realtime',
  });
  const news: EngineNews[] = [];
  await using engines = await openEngines(config, (engineNews) =>
    news.push(engineNews),
  );
  const pipeline = openPipelines(config.engines, engines, engines.chat('Nova')).open(
    'realtime',
  );
  const turn = makeTurn(toUtterance('What time is it?'));
  const replyParts = await Array.fromAsync(
    pipeline.answer(turn, new FakeHost(), AbortSignal.timeout(50_000)),
  );
  expect(joinTexts(replyParts)).toBe('It is four.');
  expect(replyParts.some(({ kind }) => kind === 'audio')).toBe(true);
  const to = new URL(baseUrl).host;
  expect(news).toContainEqual({
    kind: 'fallback-on',
    role: 'chat',
    from: '127.0.0.1:9',
    to,
  });
});

type ProviderNews = Parameters<
  ConstructorParameters<typeof FallbackChain>[0]['report']
>[0];

let nowMs = 0;
/** Clock with minutes between all lines, so that the log itself holds no repetition back. */
const readRareClock = () => (nowMs += 60_000);

const failed: Extract<ProviderNews, { kind: 'failed' }> = {
  kind: 'failed',
  role: 'chat',
  provider: toLogged('api.x'),
  code: 'provider.refused',
  message: toLogged('api.x answered with error 500.'),
};

function openNewsLog() {
  const out = new PassThrough();
  const metrics = openMetrics(() => true);
  const log = openLog('info', [], out, readRareClock);
  const reportNews = (news: ProviderNews) => logProvider(log, metrics.providers, news);
  const readLines = () =>
    `${out.read() ?? ''}`
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { msg: string; level: number });
  return {
    report: reportNews,
    metrics,
    lines: readLines,
    [Symbol.dispose]: () => metrics[Symbol.dispose](),
  };
}

test('failures and fall-backs are counted by role', async () => {
  using here = openNewsLog();
  here.report(failed);
  here.report({
    kind: 'fallback-on',
    role: 'chat',
    from: toLogged('api.x'),
    to: toLogged('api.y'),
  });
  const readPage = async () => (await here.metrics.page()).text;
  const count = 'parley_provider_failures_total{role="chat",code="provider.refused"} 1';
  expect(await readPage()).toContain(count);
  expect(await readPage()).toContain('parley_provider_roles_down 1');
  here.report({ kind: 'fallback-off', role: 'chat', back: toLogged('api.x') });
  expect(await readPage()).toContain('parley_provider_roles_down 0');
  expect(await readPage()).not.toContain('api.x');
});
