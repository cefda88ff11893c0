import { openLiveServer } from '#test/fakes/providers/live-sockets.ts';
import { openMockProviders } from '#test/fakes/providers/mock-providers.ts';
import {
  answerModels,
  canary,
  examineChat,
  openExaminedServer,
  runExamination,
  swiftServer,
} from './run-examination.ts';

const said =
  'one two three four five six seven eight nine ten this is how the voice of a server sounds';

test('without any server there is nothing to ask, and that is fine', async () => {
  const { code, lines } = await runExamination([]);
  expect(code).toBe(0);
  expect(lines.filter((line) => line.includes('local'))).toHaveLength(3);
});

test('every role that is configured is examined, with its key as a yes or no', async () => {
  const keyed = { ...swiftServer, hears: said, key: canary };
  await using server = await openMockProviders(keyed);
  const { code, text, about } = await runExamination([], {
    OPENAI_BASE_URL: server.baseUrl,
    OPENAI_API_KEY: canary,
    CHAT_COMPLETION_MODEL: 'mock',
  });
  expect(code).toBe(0);
  for (const role of ['CHAT_COMPLETION', 'SPEECH', 'TRANSCRIPTION'])
    expect(text).toContain(`${role}: ${server.baseUrl}, key set`);
  expect(about('think')).toMatch(/^ok think mock: first word after \d+ ms$/);
  expect(about('speak')).toMatch(
    /^ok speak kokoro: 1\.8 s of sound, first sound after \d+ ms, last byte after \d+ ms: too little to tell/,
  );
  expect(about('recognise')).toMatch(/: 100 % of the spoken words after \d+ ms$/);
});

test('servers to fall back to are examined too', async () => {
  await using usual = await openMockProviders(swiftServer);
  await using spare = await openMockProviders({
    ...swiftServer,
    trouble: { chat: 'error-500' },
  });
  const { code, text } = await runExamination([], {
    CHAT_COMPLETION_BASE_URL: usual.baseUrl,
    CHAT_COMPLETION_FALLBACK_BASE_URL: spare.baseUrl,
    SPEECH_BASE_URL: usual.baseUrl,
    SPEECH_FALLBACK_BASE_URL: 'local',
  });
  expect(text).toContain(`CHAT_COMPLETION_FALLBACK: ${spare.baseUrl}, no key set`);
  expect(text).toContain('SPEECH_FALLBACK: the local engine');
  expect(code).toBe(1);
});

test('a pipeline over one connection is examined by an answer', async () => {
  await using server = await openMockProviders(swiftServer);
  const fields = {
    PIPELINE: 'realtime',
    REALTIME_BASE_URL: server.baseUrl.replace('http', 'ws'),
  };
  const { code, about } = await runExamination([], fields);
  expect([code, about('realtime')]).toEqual([0, expect.stringMatching(/^ok/)]);
  using other = await openExaminedServer({
    'GET /v1/models': answerModels('gpt-realtime-2.1'),
  });
  const lacking = { ...fields, REALTIME_BASE_URL: `${other.origin}/v1` };
  const without = await runExamination([], lacking);
  expect(without.code).toBe(1);
  expect(without.about('realtime')).toMatch(/^missing/);
});

test('a live model is examined by the start of a session, which is closed', async () => {
  await using server = await openLiveServer({ answer: () => ({}) });
  const fields = { PIPELINE: 'live', LIVE_BASE_URL: server.baseUrl };
  const { code, text, about } = await runExamination([], fields);
  expect([code, about('live')]).toEqual([
    0,
    expect.stringMatching(/^ok live gpt-live-1: a session started after \d+ ms/),
  ]);
  expect(text).toContain(`LIVE: ${server.baseUrl}, no key set`);
  expect(server.sessions.map(({ isClosed }) => isClosed)).toEqual([true]);
});

test.each([
  ['bad key', 'put a key of that server into LIVE_API_KEY'],
  ['no credit', 'top up that account'],
  ['no such model', 'correct LIVE_MODEL or LIVE_BASE_URL, or choose another server'],
] as const)('a live model with %s is told as that: %s', async (trouble, mend) => {
  await using server = await openLiveServer({ answer: () => ({}), trouble });
  const fields = { PIPELINE: 'live', LIVE_BASE_URL: server.baseUrl };
  const { code, text, about } = await runExamination([], fields);
  expect([code, about('live')]).toEqual([1, expect.stringMatching(/^missing/)]);
  expect(text).toContain(mend);
});

test('a live model whose server does not run is told as that', async () => {
  const fields = { PIPELINE: 'live', LIVE_BASE_URL: 'ws://127.0.0.1:9/v1' };
  const { code, text } = await runExamination([], fields);
  expect(code).toBe(1);
  expect(text).toContain('start that server, or correct LIVE_BASE_URL');
});

test('a key that is refused is told as that', async () => {
  await using server = await openMockProviders({ ...swiftServer, key: 'another' });
  const { code, text } = await runExamination([], {
    OPENAI_BASE_URL: server.baseUrl,
    OPENAI_API_KEY: canary,
  });
  expect(code).toBe(1);
  expect(text).toContain('refused the key (401)');
});

test('recognition, speech and a model that speaks are tried over their connections as the bot does it', async () => {
  await using server = await openMockProviders({ ...swiftServer, hears: said });
  const socketUrl = server.baseUrl.replace('http', 'ws');
  const { code, about } = await runExamination([], {
    OPENAI_BASE_URL: server.baseUrl,
    PIPELINE: 'audio-model',
    TRANSCRIPTION_BACKEND: 'realtime',
    TRANSCRIPTION_BASE_URL: socketUrl,
    SPEECH_BASE_URL: socketUrl,
    SPEECH_MODEL: 'mock',
  });
  expect(about('think')).toMatch(/^ok think gpt-audio-1\.5: /);
  const [asked] = server.requests.filter(({ body }) =>
    JSON.stringify(body).includes('"messages"'),
  );
  expect(asked).toMatchObject({ body: { modalities: ['text', 'audio'] } });
  expect(about('speak')).toMatch(/^ok speak mock: .* s of sound/);
  expect(about('recognise')).toMatch(/^ok/);
  expect(code).toBe(0);
  await expect.poll(() => server.realtime.open + server.talk.open).toBe(0);
});

test('a voice over a connection that breaks off is missing, with the words of its server', async () => {
  const talk = { speakAloud: () => ({ ends: 'fail' }) as const };
  await using server = await openMockProviders({ ...swiftServer, talk });
  const { code, about } = await runExamination([], {
    SPEECH_BASE_URL: server.baseUrl.replace('http', 'ws'),
    SPEECH_MODEL: 'mock',
  });
  expect(code).toBe(1);
  expect(about('speak')).toMatch(/^missing .*It broke/);
});

test('offline nothing is asked', async () => {
  using server = await openExaminedServer({});
  const { code, text } = await runExamination(['--offline'], {
    OPENAI_API_KEY: canary,
    SPEECH_BASE_URL: `${server.origin}/v1`,
  });
  expect(text).toContain(`SPEECH: ${server.origin}/v1, no key set`);
  expect([code, server.asked]).toEqual([0, []]);
  const other = await runExamination(['--provider', server.origin, '--offline']);
  expect([other.code, server.asked]).toEqual([0, []]);
});

test('a model that ends is told with its day and its successor: by its server, offline by the dates that are known', async () => {
  using server = await openExaminedServer({
    'GET /v1/models': answerModels({ id: 'mock', shutdown_date: '2020-05-01' }),
  });
  expect((await examineChat(server)).about('model')).toBe(
    'differs model the model mock (CHAT_COMPLETION) ended on 2020-05-01',
  );
  const { code, about, mendOf } = await runExamination(['--offline'], {
    OPENAI_API_KEY: canary,
    CHAT_COMPLETION_MODEL: 'gpt-4-turbo',
  });
  expect([code, about('model')]).toEqual([
    0,
    'differs model the model gpt-4-turbo (CHAT_COMPLETION) ended on 2026-10-23',
  ]);
  expect(mendOf('model')).toBe('set gpt-5.6-terra in its place');
});
