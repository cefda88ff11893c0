import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as waitForTurn } from 'node:timers/promises';
import { toGuildId } from '#src/base/ids.ts';
import { toOpenText } from '#src/people/owned.ts';
import { getBodyLimitBytes } from '#src/web/api/api.ts';
import { openDoors } from '#src/web/http/doors.ts';
import {
  openSessionFixture,
  places,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import { openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { expectRefusal, guildId, makeProgramPorts, openApi } from './api-setup.ts';
import { openCompletions } from './completions-setup.ts';

const path = `/v1/servers/${guildId}/ask`;

/** The API at an address of its own, over a bot that notes what it is asked. */
async function openServed() {
  await using stack = new AsyncDisposableStack();
  const questions: string[] = [];
  const ask = makeProgramPorts({
    askQuestion: async (_guildId, question) => {
      questions.push(question);
      return { kind: 'answered', text: toOpenText('Yes.') };
    },
  });
  const api = stack.use(await openApi(ask));
  await api.add('bell');
  const bugs: unknown[] = [];
  const ended = { count: 0 };
  const outcome = await openDoors({
    host: '127.0.0.1',
    port: 0,
    maxBodyBytes: getBodyLimitBytes,
    onBug: (error) => bugs.push(error),
    routes(app) {
      app.use(async (context, next) => {
        await next();
        ended.count++;
        return context.res;
      });
      app.route('/', api.app);
    },
  });
  if (outcome.kind === 'refused') throw new Error(outcome.why);
  const { url } = stack.use(outcome.server);
  const all = stack.move();
  return {
    url,
    api,
    questions,
    bugs,
    ended,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** A question in as many bytes. */
function questionOf(sizeBytes: number) {
  return `{"question":"Why?"${'}'.padStart(sizeBytes - 18)}`;
}

/** Begins to send a question as this token, and sends all of it but its last byte. */
function beginQuestion(
  { url }: { readonly url: URL },
  token: string,
  sizeBytes = 1_000_000,
) {
  const socket = connect(Number(url.port), '127.0.0.1');
  const lines = [
    `POST ${path} HTTP/1.1`,
    `Host: ${url.host}`,
    `Authorization: Bearer ${token}`,
    `Content-Length: ${sizeBytes}`,
  ];
  let answer = '';
  socket.on('data', (piece) => {
    answer += piece.toString();
  });
  socket.on('error', () => undefined);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  socket.write(questionOf(sizeBytes).slice(0, -1));
  return { socket, readAnswer: () => answer };
}

test('a body whose sender hangs up is nothing that was asked, and no bug', async () => {
  await using served = await openServed();
  await once(beginQuestion(served, 'bell', 1_000).socket.end(), 'close');
  await expect.poll(() => served.ended.count).toBe(1);
  expect([served.questions, served.bugs, served.api.bugs]).toEqual([[], [], []]);
});

test('a ninth large body is refused before it is read, until one has arrived or hung up', async () => {
  await using served = await openServed();
  const tokens = ['bell', 'clock', 'door', 'lamp', 'phone'];
  for (const token of tokens.slice(1)) await served.api.add(token);
  const refused =
    /^HTTP\/1.1 429 .*retry-after: 5\r\n.*2 large bodies at a time, and all tokens 8/is;
  /** Of nine begun at a time those that are not refused. */
  const eightOf = async () => {
    const nine = Array.from({ length: 9 }, (_, n) =>
      beginQuestion(served, tokens[n >> 1] ?? ''),
    );
    const listReading = () =>
      nine.filter(({ readAnswer }) => !refused.test(readAnswer()));
    await expect.poll(() => listReading().length).toBe(8);
    return listReading();
  };
  const [first, ...others] = await eightOf();
  const small = beginQuestion(served, 'bell', 1_000);
  small.socket.write('}');
  await expect.poll(small.readAnswer).toMatch(/^HTTP\/1.1 200 /);
  first?.socket.write('}');
  await expect.poll(() => first?.readAnswer()).toMatch(/^HTTP\/1.1 200 /);
  for (const { socket } of others) socket.destroy();
  await expect.poll(() => served.ended.count).toBe(10);
  for (const { socket } of await eightOf()) socket.destroy();
});

test('a token sends two large bodies at a time, and keeps none from another', async () => {
  await using served = await openServed();
  await served.api.add('clock');
  const mine = [1, 2, 3].map(() => beginQuestion(served, 'bell'));
  const listRefused = () =>
    mine.filter(({ readAnswer }) =>
      readAnswer().includes('A token sends 2 large bodies'),
    );
  await expect.poll(() => listRefused().length).toBe(1);
  const other = beginQuestion(served, 'clock');
  other.socket.write('}');
  await expect.poll(other.readAnswer).toMatch(/^HTTP\/1.1 200 /);
  for (const { socket } of mine) socket.destroy();
});

test('a body without a length counts as it grows', async () => {
  await using api = await openApi();
  await api.add('bell');
  const sendBytes = async (bytes: number) => {
    const body = new Blob([questionOf(bytes)]).stream();
    return await api.ask('bell', path, { method: 'POST', body, duplex: 'half' });
  };
  expect((await sendBytes(200_000)).status).toBe(200);
  await expectRefusal(sendBytes(9 * 2 ** 20), 413, 'body.too_long');
});

test.each([
  ['numbers', `[${'5,'.repeat(400_000)}5]`],
  ['parts of no type', `[${'{"type":"a"},'.repeat(60_000)}5]`],
  ['arrays in arrays', `${'['.repeat(400_000)}${']'.repeat(400_000)}`],
])('a message of %s in any number is refused as it is read', async (_, content) => {
  await using api = await openApi();
  await api.add('chatty');
  const asking = api.ask('chatty', '/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"model":"parley","messages":[{"role":"user","content":${content}}]}`,
  });
  const sentence = /^The body is JSON with more than [\d,]+ (values|levels)/;
  await expectRefusal(asking, 413, 'json.too_large', sentence);
});

const transcriptionsPath = '/v1/audio/transcriptions';
const most = 24 * 2 ** 20;
const makePart = (name: string, rest = '') =>
  `--b\r\nContent-Disposition: form-data; name="${name}"${rest}\r\n\r\n`;
const end = '\r\n--b--\r\n';

async function sendForm(
  body: string | Uint8Array<ArrayBuffer>,
  type = 'multipart/form-data; boundary=b',
) {
  await using api = await openApi();
  await api.add('ear');
  const init = { method: 'POST', headers: { 'content-type': type }, body };
  const response = await api.ask('ear', transcriptionsPath, init);
  expect(api.bugs).toEqual([]);
  return response;
}

test.each([
  ['is none', 'hello', 'text/plain', 400, 'form.missing', /^Send a form/],
  [
    'has no boundary',
    'hello',
    'multipart/form-data; charset=x',
    400,
    'form.broken',
    /not complete/,
  ],
  [
    'is cut off',
    `${makePart('model')}x`,
    undefined,
    400,
    'form.broken',
    /not complete/,
  ],
  [
    'has many parts',
    `${makePart('a')}1\r\n`.repeat(100_000),
    undefined,
    413,
    'form.too_large',
    /32 parts/,
  ],
  [
    'has a long field',
    `${makePart('prompt')}${'é'.repeat(9_000)}${end}`,
    undefined,
    413,
    'form.too_large',
    /16 KiB/,
  ],
  ['is too long', new Uint8Array(most + 1), undefined, 413, 'body.too_long', /24 MiB/],
  [
    'has no file',
    `${makePart('model')}x${end}`,
    undefined,
    400,
    'file.missing',
    /^file: /,
  ],
])(
  'a form that %s is refused in a sentence',
  async (_, body, type, status, code, sentence) =>
    await expectRefusal(sendForm(body, type), status, code, sentence),
);

test.each([
  [
    'a file',
    `${makePart('file', '; filename="a.wav"')}${'\r\n-'.repeat(most / 4)}${end}`,
  ],
  ['headers', `--b\r\n${'a: b\r\n'.repeat(most / 8)}\r\n1${end}`],
  ['a header', `${makePart('a'.repeat(most / 2))}1${end}`],
  [
    'almost boundaries',
    `${makePart('file', '; filename="a.wav"')}${'\r\n--'.repeat(most / 8)}${end}`,
  ],
])('a form of nothing but %s is read in steps', async (_, body) => {
  let turns = 0;
  let isOver = false;
  const countTurn = () => {
    turns++;
    if (!isOver) setImmediate(countTurn);
  };
  setImmediate(countTurn);
  await sendForm(body);
  isOver = true;
  expect(turns).toBeGreaterThan(100);
});

test('a program that hangs up ends its question at the model, and what was set aside', async () => {
  const clock = new VirtualClock();
  const chat = new FakeChat([['stall']]);
  const { budgets, ledger } = openBudgets(clock, { caps: { serverDay: toUsd(1) } });
  const { talk } = openSessionFixture({ chat, spending: budgets }, undefined, clock);
  const askQuestion = talk.askQuestion.bind(talk);
  await using api = await openApi(makeProgramPorts({ askQuestion, ...places }));
  await api.add('bell', { guildId: toGuildId('g') });
  const program = new AbortController();
  const asking = api.ask('bell', '/v1/servers/g/ask', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"question":"Well?"}',
    signal: program.signal,
  });
  const countRunning = async () => {
    await clock.advance(20);
    return chat.running;
  };
  await expect.poll(countRunning).toBe(1);
  expect(ledger.getReserved(toGuildId('g'))).toBeGreaterThan(0);
  program.abort();
  await asking.catch(() => undefined);
  await expect.poll(countRunning).toBe(0);
  expect([ledger.getReserved(toGuildId('g')), api.bugs]).toEqual([0, []]);
});

const text = { input: 'It is ready.', response_format: 'pcm' };

test.each([
  ['a completion before its first word', 'chat/completions', {}, 0],
  ['a streamed completion', 'chat/completions', { stream: true }, 1],
  [
    'a streamed completion before its first word',
    'chat/completions',
    { stream: true },
    0,
  ],
  ['speech before its first sound', 'audio/speech', text, 0],
  ['speech', 'audio/speech', text, 1],
  ['speech as events', 'audio/speech', { ...text, stream_format: 'sse' }, 1],
])(
  '%s that is hung up is no bug, and nothing of it is written to the console',
  async (_, path, body, afterPieces) => {
    const written = vi.spyOn(console, 'error');
    const chat = new FakeChat([afterPieces > 0 ? ['Yes, ', 'stall'] : ['stall']]);
    const synthesizer = new FakeSynthesizer({
      fault: () => ({ afterPieces, error: 'stall' }),
    });
    await using served = await openCompletions({ chat, synthesizer });
    const program = new AbortController();
    const asking = served.post(path, body, program.signal);
    const read = asking.then((response) => response.body?.getReader().read());
    read.catch(() => undefined);
    await expect.poll(() => chat.running + synthesizer.running).toBe(1);
    if (afterPieces > 0) await read;
    program.abort();
    await expect.poll(() => chat.running + synthesizer.running).toBe(0);
    await asking.catch(() => undefined);
    for (let n = 0; n < 20; n++) await waitForTurn();
    expect([served.api.bugs, written.mock.calls]).toEqual([[], []]);
  },
);
