import type { Server } from 'node:http';
import { openMockProviders } from '#test/fakes/providers/mock-providers.ts';
import { attachTalk } from '#test/fakes/providers/mock-talk.ts';
import type { TalkSettings } from '#test/fakes/providers/realtime-call.ts';
import {
  answerJson,
  answerModels,
  answerSpeech,
  answerStream,
  examineChat,
  examineServer,
  openExaminedServer,
  runExamination,
  swiftServer,
} from './run-examination.ts';

const said =
  'one two 3 four five six seven eight nine ten this is how the voice of a server sounds';
const makeDelta = (fields: object, finish_reason: string | null = null) => ({
  choices: [{ index: 0, delta: fields, finish_reason }],
});

test('a server that can do everything is told so, with the settings to use', async () => {
  await using server = await openMockProviders({ ...swiftServer, hears: said });
  const { code, settings, about } = await runExamination([
    '--provider',
    server.baseUrl,
  ]);
  expect(code).toBe(0);
  expect(about('address')).toBe(`ok address answers at ${server.baseUrl}`);
  expect(about('models')).toBe('ok models 1 listed: mock');
  expect(about('think')).toMatch(/^ok think mock: first word after/);
  expect(about('recognise')).toMatch(/^ok .* 100 %/);
  expect(settings).toEqual({
    TRANSCRIPTION_BACKEND: 'file',
    TRANSCRIPTION_BASE_URL: server.baseUrl,
    TRANSCRIPTION_MODEL: 'mock',
    CHAT_COMPLETION_BASE_URL: server.baseUrl,
    CHAT_COMPLETION_MODEL: 'mock',
    SPEECH_BACKEND: 'speech',
    SPEECH_BASE_URL: server.baseUrl,
    SPEECH_MODEL: 'mock',
    SPEECH_VOICE: 'alloy',
    SPEECH_FORMAT: 'wav',
    REALTIME_BASE_URL: server.baseUrl,
    REALTIME_MODEL: 'mock',
  });
});

test('an address without a path means its /v1, and the settings hold the whole one', async () => {
  await using server = await openMockProviders({ ...swiftServer });
  const address = server.baseUrl.replace(/\/v1$/, '');
  const { about, settings } = await runExamination(['--provider', address]);
  expect(about('address')).toBe(`ok address answers at ${server.baseUrl}`);
  expect(settings.SPEECH_BASE_URL).toBe(server.baseUrl);
});

test.each([
  ['', 'ok'],
  ['/', 'ok'],
  ['/v1/chat/completions', 'differs'],
  ['/v1/audio/speech', 'differs'],
  ['/v1/models', 'differs'],
  ['/llm', 'differs'],
  ['/api/v1/audio/transcriptions?tenant=7', 'differs'],
])(
  '%j is tried up and down, and the settings hold the address that answers',
  async (input, verdict) => {
    await using server = await openMockProviders({ ...swiftServer, hears: said });
    const address = server.baseUrl.replace(/\/v1$/, input);
    const { about, code, mendOf, settings } = await runExamination([
      '--provider',
      address,
    ]);
    expect(about('address')).toMatch(`${verdict} address answers at ${server.baseUrl}`);
    expect(mendOf('address')).toBe(
      verdict === 'ok'
        ? undefined
        : 'end the base URL in /v1, as in the settings below',
    );
    const query = input.includes('?') ? '?tenant=VALUE' : '';
    expect(settings.CHAT_COMPLETION_BASE_URL).toBe(`${server.baseUrl}${query}`);
    expect(code).toBe(0);
  },
);

const nowhere = answerJson({ detail: 'Not Found' }, 404);

test('WAV, which tells its rate, is advised where the server sends it, else raw samples', async () => {
  const makeRoutes = (isWavKnown: boolean) => ({
    'GET /v1/models': answerModels('piper'),
    'POST /v1/audio/speech': ((response, request) => {
      const isRefused = request.body.response_format === 'wav' && !isWavKnown;
      (isRefused
        ? answerJson({ detail: 'no such format' }, 422)
        : answerSpeech(16_000))(response, request);
    }) satisfies Parameters<typeof openExaminedServer>[0][string],
  });
  using both = await openExaminedServer(makeRoutes(true), nowhere);
  using raw = await openExaminedServer(makeRoutes(false), nowhere);
  const entry = await examineServer(both);
  const other = await examineServer(raw);
  expect(entry.settings.SPEECH_FORMAT).toBe('wav');
  expect(other.settings.SPEECH_FORMAT).toBe('pcm');
});

test('if the server lacks the usual voice and none was chosen, its first voice is taken', async () => {
  using server = await openExaminedServer({
    'GET /v1/models': answerModels('kokoro'),
    'GET /v1/audio/voices': answerJson({ voices: ['af_heart', 'af_sky'] }),
    'POST /v1/audio/speech': (response, request) => {
      const isKnown = request.body.voice === 'af_heart';
      const refuse = answerJson({ detail: { message: 'no voice' } }, 400);
      (isKnown ? answerSpeech(24_000) : refuse)(response, request);
    },
  });
  const { code, settings } = await examineServer(server);
  expect([code, settings.SPEECH_VOICE]).toEqual([0, 'af_heart']);
});

const call = { index: 0, id: 'a', function: { name: 'ping', arguments: '{}' } };

test.each([
  ['calls the tool', makeDelta({ tool_calls: [call] }, 'tool_calls'), ''],
  // Then the server lacks a parser, which is named.
  [
    'writes its call',
    makeDelta({ content: '<tool_call>{"name": "ping"}</tool_call>' }, 'stop'),
    'parser hermes',
  ],
])('a model that %s is told', async (_, called, mend) => {
  using server = await openExaminedServer({
    'GET /v1/models': answerModels('thinker'),
    'POST /v1/chat/completions': (response, request) => {
      const words = [{ reasoning: 'Hm.' }, { content: 'one' }].map((entry) =>
        makeDelta(entry),
      );
      const answer = request.body.tools ? [called] : [...words, makeDelta({}, 'stop')];
      answerStream(...answer)(response, request);
    },
  });
  const { about, code, mendOf } = await examineServer(server);
  expect(about('tools')).toBe('ok tools thinker: the model called the tool');
  expect(mendOf('answers') ?? '').toContain(mend);
  expect(code).toBe(0);
});

test('a server of speech alone is usable, and no list of models is no error', async () => {
  using server = await openExaminedServer(
    { 'POST /v1/audio/speech': answerSpeech(24_000) },
    nowhere,
  );
  const { code, about, settings } = await examineServer(server);
  expect(about('models')).toMatch(/^differs .* offers no list/);
  expect([code, settings.SPEECH_MODEL, settings.CHAT_COMPLETION_MODEL]).toEqual([
    0,
    'kokoro',
    undefined,
  ]);
});

function attachTalker(settings: Partial<TalkSettings> = {}) {
  return (server: Server) => {
    const talk = attachTalk(server, { answer: () => ({}), ...settings }, true);
    return () => talk.dropAll();
  };
}

test('for a server without /audio/speech the doctor advises a Realtime model that reads aloud', async () => {
  const routes = { 'GET /v1/models': answerModels('gpt-realtime-2.1-mini') };
  using server = await openExaminedServer(routes, nowhere, attachTalker());
  const { code, settings } = await examineServer(server);
  expect([code, settings.SPEECH_BACKEND, settings.SPEECH_MODEL]).toEqual([
    0,
    'realtime',
    'gpt-realtime-2.1-mini',
  ]);
});

test('a server that talks and does not read is no fault', async () => {
  const routes = { 'GET /v1/models': answerModels('gpt-realtime-2.1') };
  using server = await openExaminedServer(
    routes,
    nowhere,
    attachTalker({
      speakAloud: () => ({ ends: 'fail' }),
      answer: () => ({ text: 'ok' }),
    }),
  );
  const { code, settings } = await examineServer(server);
  expect([code, settings.SPEECH_BACKEND]).toEqual([0, undefined]);
});

test.each([
  'html',
  'error-500',
  'rate-limited',
  'silent',
  'stalled',
  'dropped',
  'empty',
  'redirect',
] as const)(
  'a server whose answers are %s is unusable, and none is waited for beyond the deadline',
  async (trouble) => {
    await using server = await openMockProviders({
      ...swiftServer,
      trouble: {
        chat: trouble,
        speech: trouble,
        transcriptions: trouble,
        models: trouble,
      },
    });
    const questions = ['--provider', server.baseUrl];
    const { code, lines, settings } = await runExamination(questions, {}, 150);
    const usable = Object.keys(settings).filter((name) => !name.startsWith('REALTIME'));
    expect([code, usable]).toEqual([1, []]);
    expect(lines.some((line) => line.includes('missing'))).toBe(true);
  },
);

test('an address where nothing listens gives one line', async () => {
  using server = await openExaminedServer({});
  server[Symbol.dispose]();
  const { code, about } = await runExamination(['--provider', server.origin]);
  expect([code, about('address')]).toEqual([
    1,
    expect.stringContaining('no program listens there'),
  ]);
});

const refused = answerJson({ error: { message: 'no such model' } }, 404);

test('whatever is not as it should be has a mend', async () => {
  using server = await openExaminedServer({
    'GET /v1/models': answerModels('mock'),
    'POST /v1/chat/completions': answerStream({
      choices: [{ delta: { content: 'one' } }],
    }),
    'POST /v1/audio/speech': answerJson({ error: { message: 'broken' } }, 500),
    'POST /v1/audio/transcriptions': refused,
  });
  const { code, text } = await examineServer(server);
  const wrong = text.match(/^ {2}(differs|missing) /gm) ?? [];
  expect(code).toBe(1);
  expect(wrong.length).toBeGreaterThan(3);
  expect(text.match(/^ {10,}mend: ./gm)).toHaveLength(wrong.length);
});

test.each([
  [401, 'put a key of that server into CHAT_COMPLETION_API_KEY'],
  [429, 'wait, or raise the limits of that account'],
  [500, /^correct CHAT_COMPLETION_MODEL or CHAT_COMPLETION_BASE_URL/],
])(
  'a chat server that answers %i is mended by what that means',
  async (status, mend) => {
    using server = await openExaminedServer({
      'GET /v1/models': answerModels('mock'),
      'POST /v1/chat/completions': answerJson({ error: { message: 'no' } }, status),
    });
    expect((await examineChat(server)).mendOf('think')).toMatch(mend);
  },
);
