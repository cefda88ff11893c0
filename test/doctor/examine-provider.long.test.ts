import type { Server } from 'node:http';
import { runDoctor } from '#doctor/doctor.ts';
import { speakProbe } from '#src/probes/engine-probes.ts';
import { tryProbe } from '#src/probes/probe.ts';
import { openClient } from '#src/provider/api-client.ts';
import { OpenAiSynthesizer } from '#src/speech/openai/openai-synthesizer.ts';
import type { Synthesizer } from '#src/speech/speech-engine.ts';
import { openMockProviders } from '#test/fakes/providers/mock-providers.ts';
import { attachTalk } from '#test/fakes/providers/mock-talk.ts';
import type { TalkSettings } from '#test/fakes/providers/realtime-call.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import {
  answerJson,
  answerModels,
  answerSpeech,
  answerStream,
  examineChat,
  examineServer,
  type FakeRoute,
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

const testSentence =
  'One two three four five six seven eight nine ten. This is how the voice of a server sounds.';

/** A recogniser that answers every clip with this text. */
const answerText =
  (text: string): FakeRoute =>
  (response) =>
    void response.writeHead(200, { 'content-type': 'text/plain' }).end(text);

/** Findings about such a recogniser. */
async function examineEars(text: string, settings: NodeJS.ProcessEnv = {}) {
  using server = await openExaminedServer({
    'POST /v1/audio/transcriptions': answerText(text),
  });
  const address = { TRANSCRIPTION_BASE_URL: `${server.origin}/v1` };
  return await runExamination([], { ...address, ...settings }, 50_000);
}

test('a recogniser that sends bare text is told by the words of the clip, and the setting mends it', async () => {
  const match = await examineEars(testSentence);
  expect(match.mendOf('recognise')).toBe('set TRANSCRIPTION_PLAIN_TEXT=true');
  const mended = await examineEars(testSentence, { TRANSCRIPTION_PLAIN_TEXT: 'true' });
  expect(mended.about('recognise')).toMatch(/^ok/);
});

test('an error in bare text is no transcript, and no setting is advised', async () => {
  const match = await examineEars('Internal Server Error');
  expect(match.about('recognise')).toMatch(/missing|failed|fail/);
  expect(match.mendOf('recognise')).not.toContain('set TRANSCRIPTION_PLAIN_TEXT');
});

/** A speech server whose voice has this rate, and which never labels it. */
const voiceAt =
  (rateHz: number, hasWav = true): FakeRoute =>
  (response, request) => {
    const isRefused = request.body.response_format === 'wav' && !hasWav;
    (isRefused ? answerJson({ detail: 'no such format' }, 422) : answerSpeech(rateHz))(
      response,
      request,
    );
  };

/** Findings about the configured voice of such a server. */
async function examineVoice(route: FakeRoute, settings: NodeJS.ProcessEnv = {}) {
  using server = await openExaminedServer({ 'POST /v1/audio/speech': route });
  return await runExamination([], {
    SPEECH_BASE_URL: `${server.origin}/v1`,
    ...settings,
  });
}

test.each([22_050, 16_000, 48_000])(
  'raw samples of %i Hz that are read as 24000 Hz are told by WAV of the same server, and the setting mends it',
  async (rateHz) => {
    const { about, code, mendOf } = await examineVoice(voiceAt(rateHz));
    expect(about('rate')).toBe(
      `differs rate kokoro: pcm is played at 24000 Hz, but WAV of this server has ${rateHz} Hz`,
    );
    expect([code, mendOf('rate')]).toEqual([
      0,
      `set SPEECH_RATE_HZ=${rateHz}, or SPEECH_FORMAT=wav`,
    ]);
    for (const mend of [{ SPEECH_RATE_HZ: `${rateHz}` }, { SPEECH_FORMAT: 'wav' }]) {
      const mended = await examineVoice(voiceAt(rateHz), mend);
      expect(mended.about('rate')).toBeUndefined();
      expect(mended.about('speak')).toMatch(/kokoro: 1\.8 s of sound/);
    }
  },
);

test('a rate that was measured wrong is used for the words that are recognised', async () => {
  let uploadSeconds = 0;
  using server = await openExaminedServer({
    'POST /v1/audio/speech': voiceAt(16_000),
    'POST /v1/audio/transcriptions': (response, request) => {
      const wav = Buffer.from(request.raw.slice(request.raw.indexOf('RIFF')), 'latin1');
      uploadSeconds = wav.readUInt32LE(40) / 2 / 16_000;
      answerJson({ text: 'one two three four five six seven eight' })(
        response,
        request,
      );
    },
  });
  const address = `${server.origin}/v1`;
  const { about } = await runExamination([], {
    SPEECH_BASE_URL: address,
    TRANSCRIPTION_BASE_URL: address,
  });
  expect(about('rate')).toMatch(/^differs/);
  expect(about('speak')).toMatch(/kokoro: 1\.8 s of sound/);
  expect(uploadSeconds).toBeCloseTo(1.8, 1);
});

test('nothing is said of a rate that is right, labelled, or cannot be known', async () => {
  const labelled = answerSpeech(16_000, undefined, 'audio/pcm; rate=16000');
  for (const route of [voiceAt(24_000), labelled, voiceAt(16_000, false)]) {
    const { about } = await examineVoice(route);
    expect([about('rate'), about('speak')]).toEqual([
      undefined,
      expect.stringMatching(/^ok/),
    ]);
  }
});

/** Sound of a real server that sends half of it after `halfMs`, and the rest at `wholeMs`, once the half was heard. */
async function measureStreaming(
  text: string,
  format: 'pcm' | 'wav',
  halfMs: number,
  wholeMs: number,
) {
  const clock = new VirtualClock();
  const hearing = Promise.withResolvers<void>();
  const route = answerSpeech(24_000, async (response, bytes) => {
    await clock.advance(halfMs);
    const half = halfMs === wholeMs ? bytes.length : bytes.length / 2;
    response.write(bytes.subarray(0, half));
    if (halfMs !== wholeMs) await hearing.promise;
    await clock.advance(wholeMs - halfMs);
    response.end(bytes.subarray(half));
  });
  using server = await openExaminedServer({ 'POST /v1/audio/speech': route });
  const client = openClient({ baseUrl: `${server.origin}/v1` });
  const voice = new OpenAiSynthesizer(client, { model: 'tts', voice: 'alloy', format });
  const synthesizer: Synthesizer = {
    async *synthesize(...requests) {
      for await (const pcm of voice.synthesize(...requests)) {
        yield pcm;
        hearing.resolve(); // whoever listens asks for more
      }
    },
  };
  return await tryProbe(
    speakProbe,
    {
      synthesizer,
      voice: {},
      text,
      deadlines: { firstMs: 5_000, maxFirstMs: 20_000 },
    },
    { clock, deadlineMs: 60_000 },
  );
}

/** Texts by the seconds that they take at the 20 ms a character of the server. */
const texts = {
  '4.0': 'This is how a voice sounds. '.repeat(8).slice(0, 200),
  '0.3': 'Two words.',
};

test.each([
  ['pcm', '4.0', 300, 3_000, 'it streams'],
  ['wav', '4.0', 300, 3_000, 'it streams'],
  ['pcm', '0.3', 200, 900, 'it streams'],
  ['pcm', '4.0', 3_000, 3_000, 'it does not stream'],
  ['wav', '4.0', 3_000, 3_000, 'it does not stream'],
  ['pcm', '4.0', 3_000, 3_200, 'it does not stream'],
  // One piece of a stream would look the same.
  ['pcm', '0.3', 3_000, 3_000, 'too little to tell whether it streams'],
  // It was as quick as a stream.
  ['pcm', '4.0', 40, 40, 'too little to tell whether it streams'],
  ['pcm', '4.0', 40, 120, 'too little to tell whether it streams'],
  // It loaded a model first, or its connection is slow.
  ['pcm', '4.0', 5_000, 6_000, 'too little to tell whether it streams'],
] as const)(
  'a server whose %s of %s s begins after %i ms and is whole after %i ms: %s',
  async (format, seconds, halfMs, wholeMs, verdict) => {
    const {
      mend,
      verdict: state,
      reason,
    } = await measureStreaming(texts[seconds], format, halfMs, wholeMs);
    const times = `first sound after ${halfMs} ms, last byte after ${wholeMs} ms`;
    expect(reason).toBe(`${seconds} s of sound, ${times}: ${verdict}`);
    const isTold = verdict === 'it does not stream';
    expect([state, mend]).toEqual(
      isTold
        ? ['differs', expect.stringContaining('proxy_buffering off')]
        : ['ok', undefined],
    );
  },
);

test('a voice that is later than the bot waits is told what to set', async () =>
  expect(await measureStreaming(texts['0.3'], 'wav', 30_000, 30_000)).toMatchObject({
    verdict: 'differs',
    reason: expect.stringMatching(/; the bot waits 20 s at most$/),
    mend: 'set SPEECH_FIRST_BYTE_SECONDS=60, or choose a smaller model',
  }));

test('the doctor measures each voice, the fallback too, once the request before has loaded its model', async () => {
  const clock = new VirtualClock();
  const lines: string[] = [];
  let askedCount = 0;
  /** A model that loads in 9 s when it was not used, and sends the sentence, spoken twice, as a whole after 6 s. */
  const answerSlowly: FakeRoute = async (response, request) => {
    await clock.advance(askedCount++ % 2 === 0 ? 9_000 : 6_000);
    const twice = {
      ...request,
      body: { ...request.body, input: `${request.body.input}`.repeat(2) },
    };
    answerSpeech(24_000)(response, twice);
  };
  using server = await openExaminedServer({ 'POST /v1/audio/speech': answerSlowly });
  const at = `${server.origin}/v1`;
  const environment = { SPEECH_BASE_URL: at, SPEECH_FALLBACK_BASE_URL: at };
  const code = await runDoctor([], {
    clock,
    deadlineMs: 60_000,
    print: (line) => lines.push(line),
    environment,
  });
  const spoken = lines.filter((line) => line.includes('of sound'));
  const told =
    /^ +differs +speak +kokoro: 3\.6 s of sound, first sound after 6000 ms, last byte after 6000 ms: it does not stream; the bot waits 20 s at most$/;
  expect([code, spoken]).toEqual([
    0,
    [expect.stringMatching(told), expect.stringMatching(told)],
  ]);
});
