import { expect, test } from 'vitest';
import { openMockProviders } from '#test/fakes/providers/providers.ts';
import { answers, examine, lists, openServer, speaks, streams, swift } from './examine.ts';

const said =
  'one two 3 four five six seven eight nine ten this is how the voice of a server sounds';
const delta = (fields: object, finish_reason: string | null = null) => ({
  choices: [{ index: 0, delta: fields, finish_reason }],
});

test('a server that can do everything is told so, with the settings to use', async () => {
  await using server = await openMockProviders({ ...swift, hears: said });
  const { code, settings, about } = await examine(['--provider', server.baseUrl]);
  expect(code).toBe(0);
  expect(about('address')).toBe(`ok address answers at ${server.baseUrl}`);
  expect(about('models')).toBe('ok models 1 listed: mock');
  expect(about('clock')).toMatch(/^ok/);
  expect(about('chat')).toMatch(/^ok chat mock: first byte after/);
  expect(about('chat usage')).toMatch(/^ok chat usage \d+ tokens in, 12 out/);
  expect(about('speech rate')).toBe(
    'ok speech rate raw samples come at 24000 Hz, as the bot assumes',
  );
  expect(about('speech wav')).toContain('sound at byte 44, open end (size 0xFFFFFFFF)');
  expect(about('round trip')).toMatch(/^ok .* 100 %/);
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
    SPEECH_FORMAT: 'pcm',
    REALTIME_BASE_URL: server.baseUrl,
    REALTIME_MODEL: 'mock',
  });
});

test('an address without /v1 is completed, and the settings hold the whole one', async () => {
  await using server = await openMockProviders({ ...swift });
  const { about, settings } = await examine(['--provider', server.baseUrl.replace(/\/v1$/, '')]);
  expect(about('address')).toBe(`differs address the base URL needs /v1: ${server.baseUrl}`);
  expect(settings.SPEECH_BASE_URL).toBe(server.baseUrl);
});

test('an address with a /v1 too many is found as well', async () => {
  using server = await openServer({
    'GET /models': lists('llama'),
    'POST /chat/completions': streams(delta({ content: 'one two' }), delta({}, 'stop')),
  });
  const { code, about, settings } = await examine(['--provider', `${server.origin}/v1`]);
  expect([code, about('address')]).toEqual([0, `ok address answers at ${server.origin}`]);
  expect(settings.CHAT_COMPLETION_BASE_URL).toBe(server.origin);
});

test('raw samples at a rate of their own are noticed, and WAV is advised', async () => {
  using server = await openServer({
    'GET /v1/models': lists('piper'),
    'POST /v1/audio/speech': speaks(16_000),
  });
  const { code, about, mendOf, settings } = await examine(['--provider', `${server.origin}/v1`]);
  expect(about('speech rate')).toBe(
    'differs speech rate raw samples come at 16000 Hz, but the bot would play them at 24000 Hz',
  );
  expect(mendOf('speech rate')).toBe('use SPEECH_FORMAT=wav, or SPEECH_RATE_HZ=16000');
  expect(about('speech wav')).toContain('16000 Hz, mono, 16 bit, sound at byte 44, true size');
  expect([code, settings.SPEECH_FORMAT]).toEqual([0, 'wav']);
});

test('raw samples where WAV was asked are what the settings ask for', async () => {
  await using server = await openMockProviders({ ...swift, onlyFormat: 'pcm' });
  const { mendOf, settings } = await examine(['--provider', server.baseUrl]);
  expect([mendOf('speech wav'), settings.SPEECH_FORMAT]).toEqual(['use SPEECH_FORMAT=pcm', 'pcm']);
});

test('WAV where raw samples were asked is told', async () => {
  await using server = await openMockProviders({ ...swift, onlyFormat: 'wav' });
  const { about } = await examine(['--provider', server.baseUrl]);
  expect(about('speech pcm')).toBe('differs speech pcm the server sent a WAV file instead');
});

test('a proxy that passes everything on at the end is called buffered upstream', async () => {
  using server = await openServer({
    'GET /v1/models': lists('kokoro'),
    'POST /v1/audio/speech': speaks(24_000, (response, bytes) => {
      setTimeout(() => response.end(bytes), 300);
    }),
  });
  const { code, about } = await examine(['--provider', `${server.origin}/v1`]);
  expect(about('speech pace')).toMatch(/^differs .* a proxy may buffer it/);
  expect(code).toBe(0);
});

test('a server that streams is not called buffered', async () => {
  await using server = await openMockProviders({
    ...swift,
    pace: { ...swift.pace, firstSoundMs: 30, soundSpeed: 10 },
  });
  const { about } = await examine(['--provider', server.baseUrl]);
  expect(about('speech pace')).toMatch(
    /^ok speech pace first byte after \d+ ms, last after \d{3} ms/,
  );
});

test('where no voice was chosen and the usual one is not known, the server’s first is taken', async () => {
  using server = await openServer({
    'GET /v1/models': lists('kokoro'),
    'GET /v1/audio/voices': answers({ voices: ['af_heart', 'af_sky'] }),
    'POST /v1/audio/speech': (response, asked) => {
      const isKnown = asked.body.voice === 'af_heart';
      const refuse = answers({ detail: { error: 'validation_error', message: 'no voice' } }, 400);
      (isKnown ? speaks(24_000) : refuse)(response, asked);
    },
  });
  const { code, settings } = await examine(['--provider', `${server.origin}/v1`]);
  expect([code, settings.SPEECH_VOICE]).toEqual([0, 'af_heart']);
});

test('speech as events is offered only if sound comes in them', async () => {
  const routes = (event: object) => ({
    'GET /v1/models': lists('kokoro'),
    'POST /v1/audio/speech': ((response, asked) => {
      const isEvents = asked.body.stream_format === 'sse';
      (isEvents ? streams(event, { type: 'speech.audio.done', usage: {} }) : speaks(24_000))(
        response,
        asked,
      );
    }) satisfies Parameters<typeof openServer>[0][string],
  });
  using good = await openServer(routes({ type: 'speech.audio.delta', audio: 'AAAA' }));
  const { about } = await examine(['--provider', `${good.origin}/v1`]);
  expect(about('speech sse')).toBe('ok speech sse 1 events with sound, usage reported');
  using mute = await openServer(routes({ type: 'hello' }));
  const other = await examine(['--provider', `${mute.origin}/v1`]);
  expect(other.about('speech sse')).toMatch(/^missing/);
});

test('thoughts, tools and the lack of a count are told', async () => {
  using server = await openServer({
    'GET /v1/models': lists('thinker'),
    'POST /v1/chat/completions': (response, asked) => {
      const call = { index: 0, id: 'a', function: { name: 'ping', arguments: '{}' } };
      const words = [delta({ reasoning: 'Hm.' }), delta({ content: 'one' }), delta({}, 'stop')];
      const called = [delta({ tool_calls: [call] }), delta({}, 'tool_calls')];
      streams(...(asked.body.tools ? called : words))(response, asked);
    },
  });
  const { about, code } = await examine(['--provider', `${server.origin}/v1`]);
  expect(about('chat usage')).toMatch(/^differs .* estimates/);
  expect(about('chat reasoning')).toMatch(
    /^differs chat reasoning the model reasons first \(reasoning\):/,
  );
  expect(about('chat tools')).toBe('ok chat tools the model called the tool');
  expect(code).toBe(0);
});

test('a transcription with a false label is read, and told', async () => {
  using server = await openServer({
    'GET /v1/models': lists('whisper-large'),
    'POST /v1/audio/transcriptions': answers({ text: said }, 200, { 'content-type': 'text/plain' }),
  });
  const { about } = await examine(['--provider', `${server.origin}/v1`]);
  expect(about('transcription')).toMatch(/JSON labelled text\/plain$/);
  expect(about('round trip')).toContain('sent a hum');
});

test.each([
  [false, 'ga', 'current names (GA)', 'mock'],
  [true, 'beta-session', 'beta names', undefined],
] as const)(
  'Realtime names are told by the greeting (beta: %s), and beta is offered for listening only',
  async (greetsAsBeta, listens, names, model) => {
    const servers = { talk: { greetsAsBeta }, realtime: { dialect: listens } };
    await using server = await openMockProviders({ ...swift, ...servers });
    const { about, settings } = await examine(['--provider', server.baseUrl]);
    expect(about('realtime transcription')).toMatch(/^ok /);
    expect(about('realtime transcription')).toContain(names);
    expect(about('realtime')).toContain(names);
    expect(settings.REALTIME_MODEL).toBe(model);
    await expect.poll(() => server.realtime.open).toBe(0);
  },
);

test('a server of speech alone is usable, and no list of models is no error', async () => {
  using server = await openServer(
    { 'POST /v1/audio/speech': speaks(24_000) },
    answers({ detail: 'Not Found' }, 404),
  );
  const { code, about, settings } = await examine(['--provider', `${server.origin}/v1`]);
  expect(about('models')).toMatch(/^differs .* offers no list/);
  expect([code, settings.SPEECH_MODEL, settings.CHAT_COMPLETION_MODEL]).toEqual([
    0,
    'kokoro',
    undefined,
  ]);
});

test('a clock that is wrong is told', async () => {
  using server = await openServer({
    'GET /v1/models': (response, asked) => {
      const date = new Date(Date.now() - 86_500_000).toUTCString();
      response.sendDate = false;
      response.setHeader('date', date);
      lists('llama')(response, asked);
    },
  });
  const { about } = await examine(['--provider', server.origin]);
  expect(about('clock')).toMatch(
    /^differs clock the server's clock is 86\d\d\d s behind this machine/,
  );
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
  'a server whose answers are %s is unusable, and is done with in time',
  async (trouble) => {
    const everywhere = { chat: trouble, speech: trouble, transcriptions: trouble, models: trouble };
    await using server = await openMockProviders({ ...swift, trouble: everywhere });
    const startedMs = performance.now();
    const { code, lines, settings } = await examine(['--provider', server.baseUrl], {}, 150);
    const usable = Object.keys(settings).filter((name) => !name.startsWith('REALTIME'));
    expect([code, usable]).toEqual([1, []]);
    expect(lines.some((line) => line.includes('missing'))).toBe(true);
    expect(performance.now() - startedMs).toBeLessThan(5000);
  },
);

test('nobody there is one line', async () => {
  using server = await openServer({});
  const { origin } = server;
  server[Symbol.dispose]();
  const { code, about } = await examine(['--provider', origin]);
  expect([code, about('address')]).toEqual([
    1,
    expect.stringContaining('no program listens there'),
  ]);
});
