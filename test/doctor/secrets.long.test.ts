import { DoctorReport } from '#doctor/doctor-report.ts';
import { Secret } from '#src/base/secret.ts';
import { openMockProviders } from '#test/fakes/providers/mock-providers.ts';
import {
  answerJson,
  answerModels,
  answerStream,
  canary,
  type FakeRoute,
  openExaminedServer,
  runExamination,
  swiftServer,
} from './run-examination.ts';

const findKey = (headers: Readonly<Record<string, unknown>>) =>
  `${headers.authorization ?? ''}`.replace('Bearer ', '');

/** In every way a server may say back what it was sent. */
const echoes: Readonly<Record<string, FakeRoute>> = {
  'the words of an error': (response, request) => {
    const message = `Incorrect API key provided: ${findKey(request.headers)}.`;
    answerJson({ error: { message, code: findKey(request.headers) } }, 401)(
      response,
      request,
    );
  },
  'a long error': (response, request) => {
    const message = `${'-'.repeat(95)}${findKey(request.headers)}`;
    answerJson({ detail: [{ msg: message, loc: [findKey(request.headers)] }] }, 422)(
      response,
      request,
    );
  },
  'plain text': (response, { headers }) => {
    response
      .writeHead(500)
      .end(`${JSON.stringify(headers)} ${encodeURIComponent(findKey(headers))}`);
  },
  'a web page': (response, { headers }) => {
    const page = `<!doctype html><b>${findKey(headers)}</b>`;
    response.writeHead(200, { 'content-type': 'text/html' }).end(page);
  },
  headers: (response, { headers }) => {
    const utterance = findKey(headers);
    response
      .writeHead(429, {
        'retry-after': utterance,
        'x-request-id': utterance,
        'content-type': `audio/${utterance}`,
      })
      .end('{}');
  },
  'the type of an answer': (response, { headers }) => {
    response
      .writeHead(200, { 'content-type': `audio/${findKey(headers)}` })
      .end('x'.repeat(5000));
  },
  'a list of models': (response, request) => {
    const utterance = findKey(request.headers);
    const route = request.path.endsWith('/models')
      ? answerModels(utterance, `tts-${utterance}`, `whisper ${btoa(utterance)}`)
      : answerJson({ error: `no model ${utterance}` }, 404);
    route(response, request);
  },
  'a stream': (response, request) => {
    const utterance = findKey(request.headers);
    answerStream({
      error: { message: utterance },
      type: utterance,
      choices: [{ delta: { content: utterance } }],
    })(response, request);
  },
};

const roles = ['CHAT_COMPLETION', 'SPEECH', 'TRANSCRIPTION'];

function makeSettings(origin: string, key: string): NodeJS.ProcessEnv {
  const pairs = roles.flatMap((role) => [
    [`${role}_BASE_URL`, `${origin}/v1`],
    [`${role}_API_KEY`, key],
  ]);
  return Object.fromEntries(pairs);
}

test.each(Object.keys(echoes))(
  'no key is printed, though the server says it in %s',
  async (how) => {
    using server = await openExaminedServer({}, echoes[how]);
    const entry = await runExamination(
      ['--provider', server.origin, '--key-env', 'MY_KEY'],
      { MY_KEY: canary },
    );
    const all = await runExamination([], makeSettings(server.origin, canary));
    expect(server.asked.some(({ headers }) => findKey(headers) === canary)).toBe(true);
    expect(entry.lines.length + all.lines.length).toBeGreaterThan(5);
    for (const spelling of [canary, encodeURIComponent(canary), btoa(canary)])
      expect(entry.text + all.text).not.toContain(spelling);
  },
);

test('a redirect to another host is refused, the key does not go there and is not printed', async () => {
  using other = await openExaminedServer({}, answerJson({ data: [] }));
  using server = await openExaminedServer({}, (response, { headers, path }) => {
    response
      .writeHead(307, { location: `${other.origin}${path}?key=${findKey(headers)}` })
      .end();
  });
  const { code, text } = await runExamination(
    ['--provider', `${server.origin}/v1`, '--key-env', 'MY_KEY'],
    { MY_KEY: canary },
  );
  expect([code, other.asked]).toEqual([1, []]);
  expect(text).toContain('redirects to');
  expect(text).not.toContain(canary);
});

test('a WebSocket that says the key back is not quoted', async () => {
  await using server = await openMockProviders({
    ...swiftServer,
    realtime: { key: 'another' },
  });
  const { text } = await runExamination([], {
    TRANSCRIPTION_BACKEND: 'realtime',
    TRANSCRIPTION_BASE_URL: server.baseUrl,
    TRANSCRIPTION_API_KEY: canary,
    // Its voice speaks the words to recognise: a busy machine loads the local one for longer than the doctor waits.
    SPEECH_BASE_URL: server.baseUrl,
  });
  expect(server.realtime.calls[0]?.authorization).toBe(`Bearer ${canary}`);
  expect(text).not.toContain(canary);
});

test('the key of one server goes to no other', async () => {
  using entry = await openExaminedServer({}, answerJson({ data: [] }));
  using other = await openExaminedServer({}, answerJson({ data: [] }));
  await runExamination([], {
    CHAT_COMPLETION_BASE_URL: `${entry.origin}/v1`,
    CHAT_COMPLETION_API_KEY: canary,
    SPEECH_BASE_URL: `${other.origin}/v1`,
  });
  expect(entry.asked.length * other.asked.length).toBeGreaterThan(0);
  expect(
    other.asked.some(({ headers }) => JSON.stringify(headers).includes(canary)),
  ).toBe(false);
});

test.each([
  [['--provider', 'http://127.0.0.1:9', '--key', canary]],
  [['--provider', 'http://127.0.0.1:9', '--key-env', canary]],
  [['--provider', canary]],
  [['--key-env', 'MY_KEY']],
  [['--chat', 'gpt-6-luna']],
  [[canary]],
])('arguments that cannot work end with 78 and are not repeated: %j', async (args) => {
  const { code, text } = await runExamination(args, { MY_KEY: 'x' });
  expect([code, text]).toEqual([78, expect.stringContaining('npm run doctor')]);
  expect(text).not.toContain('canary');
});

test('an address with a user, a password and a query is used by --provider and the settings, and not shown', async () => {
  const password = encodeURIComponent(canary);
  using server = await openExaminedServer({}, (response, request) => {
    const isTaken = request.headers.authorization === `Basic ${btoa(`me:${canary}`)}`;
    const isAsked = request.path.endsWith(`?tenant=${password}`);
    const route = isTaken && isAsked ? answerModels('mock') : answerJson({}, 401);
    if (!request.path.includes('/chat/')) return route(response, request);
    const content = JSON.stringify([request.headers, request.path]);
    answerStream({ choices: [{ delta: { content }, finish_reason: 'stop' }] })(
      response,
      request,
    );
  });
  const [, host = ''] = server.origin.split('//');
  const address = `http://me:${password}@${host}/v1?tenant=${password}`;
  const entry = await runExamination(['--provider', address]);
  const all = await runExamination(['--offline'], {
    CHAT_COMPLETION_BASE_URL: address,
  });
  expect(entry.about('models')).toBe('ok models 1 listed: mock');
  expect(entry.settings.CHAT_COMPLETION_BASE_URL).toBe(
    `http://USER:PASSWORD@${host}/v1?tenant=VALUE`,
  );
  expect(entry.text).toContain('# Put user, password and values of queries');
  expect(all.code).toBe(0);
  for (const { text } of [entry, all]) {
    for (const spelling of [canary, password, btoa(`me:${canary}`)])
      expect(text).not.toContain(spelling);
  }
});

test('settings that cannot work end with 78, each named and no secret shown', async () => {
  const { code, text } = await runExamination([], {
    OPENAI_API_KEY: `${canary} ${canary}`,
  });
  expect([code, text]).toEqual([78, expect.stringContaining('OPENAI_API_KEY')]);
  expect(text).not.toContain('canary');
});

test('a line loses secrets, control characters and what is too long, in this order', () => {
  const lines: string[] = [];
  const report = new DoctorReport((line) => lines.push(line), [new Secret(canary)]);
  report.writeLine(
    `\u001b[31m${'x'.repeat(290)}${canary}\r\nSPEECH_MODEL=mine\u202e sk-abcdef123456`,
  );
  expect(lines).toHaveLength(1);
  for (const lost of ['canary', '\n', '\r', '\u001b', '\u202e', 'sk-a'])
    expect(lines[0]).not.toContain(lost);
  expect(lines[0]?.length).toBeLessThanOrEqual(300);
});
