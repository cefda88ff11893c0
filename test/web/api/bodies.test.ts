import { once } from 'node:events';
import { connect } from 'node:net';
import { toOpenText } from '#src/people/owned.ts';
import { getBodyLimitBytes } from '#src/web/api/api.ts';
import { openDoors } from '#src/web/http/doors.ts';
import { expectRefusal, guildId, makeProgramPorts, openApi } from './api-setup.ts';

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
