import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { type WebSocket, WebSocketServer } from 'ws';
import { realClock } from '#src/base/clock.ts';
import type { BotError } from '#src/base/errors.ts';
import { Secret } from '#src/base/secret.ts';
import { createGuardedFetch, openClient } from '#src/provider/api-client.ts';
import { type JsonEvent, JsonSocket, toSocketUrl } from '#src/provider/json-socket.ts';
import { openExaminedServer } from '#test/doctor/run-examination.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

type Handler = (
  response: ServerResponse,
  headers: NodeJS.Dict<string | string[]>,
) => void;

async function serveHandler(handler: Handler) {
  const served = await openListeningServer((request, response) => {
    request.resume();
    handler(response, request.headers);
  });
  return { ...served, baseUrl: `${served.origin}/v1` };
}

const guarded = createGuardedFetch({
  server: 'http://example.test/v1',
  secret: () => 'hunter22',
});

const speech = { method: 'POST', body: '{"input":"hi"}' };

test('a caller who leaves closes the connection, before the answer and in the middle of it', async () => {
  const closed: string[] = [];
  await using server = await serveHandler((response) => {
    response.on('close', () => closed.push('closed'));
    if (closed.length > 0)
      response.writeHead(200, { 'content-type': 'audio/pcm' }).write(Buffer.alloc(100));
    else leaving.abort(reason);
  });
  const leaving = new AbortController();
  const reason = new Error('left');
  const url = `${server.baseUrl}/audio/speech`;
  await expect(guarded(url, { ...speech, signal: leaving.signal })).rejects.toBe(
    reason,
  );
  await expect.poll(() => closed).toHaveLength(1);
  const later = new AbortController();
  const response = await guarded(url, { ...speech, signal: later.signal });
  const reader = response.body?.getReader();
  expect((await reader?.read())?.value?.length).toBe(100);
  later.abort(reason);
  await expect(reader?.read()).rejects.toBe(reason);
  await expect.poll(() => closed).toHaveLength(2);
});

test.each([
  [
    'text/html',
    '<h1>hi</h1>',
    /answered with a web page \(text\/html\): check that the base URL/,
  ],
  [
    'application/json',
    '{"error":{"message":"no such voice"}}',
    /answered with JSON\.$/,
  ],
  ['', '<!doctype html><title>Hi</title>', /answered with a web page/],
  ['audio/pcm', '{"detail":"no such voice"}', /answered with JSON\.$/],
])(
  'speech that comes as %s %s is told apart from sound',
  async (type, body, message) => {
    await using server = await serveHandler((response) => {
      response.writeHead(200, type ? { 'content-type': type } : {}).end(body);
    });
    await expect(
      guarded(`${server.baseUrl}/audio/speech`, speech).then((response) =>
        response.bytes(),
      ),
    ).rejects.toMatchObject({
      code: 'provider.wrong_type',
      message: expect.stringMatching(message),
    });
  },
);

test('a redirect is refused, and the key does not follow it', async () => {
  let askedCount = 0;
  await using server = await serveHandler((response) => {
    askedCount++;
    response.writeHead(307, { location: '/v2' }).end();
  });
  await expect(guarded(`${server.baseUrl}/audio/speech`, speech)).rejects.toMatchObject(
    {
      code: 'provider.refused',
      message: /to \/v2: set/,
    },
  );
  expect(askedCount).toBe(1);
});

test('only the headers of the API leave', async () => {
  let seen: string[] = [];
  await using server = await serveHandler((response, headers) => {
    seen = Object.keys(headers);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  const headers = {
    authorization: 'Bearer x',
    'x-api-key': 'y',
    cookie: 'z',
    'x-stainless-os': 'Linux',
    accept: 'a',
  };
  await (await guarded(`${server.baseUrl}/models`, { headers })).json();
  expect(seen).toContain('authorization');
  expect(seen).not.toContain('x-api-key');
  expect(seen).not.toContain('cookie');
  expect(seen).not.toContain('x-stainless-os');
});

test('a client does not print its key', () => {
  const client = openClient({
    baseUrl: 'http://u:pw@localhost/v1',
    apiKey: new Secret('hunter22'),
  });
  for (const shown of [client, client.chat, client.audio, client.models]) {
    const reported = `${inspect({ shown }, { depth: 9 })} ${JSON.stringify({ shown })}`;
    expect(reported).not.toMatch(/hunter22|pw/);
  }
});

const makeFives = (count: number) => `[${Array(count).fill('5').join(',')}]`;
const json = { 'content-type': 'application/json' };
const events = { 'content-type': 'text/event-stream' };
const chat = { method: 'POST', body: '{"stream":true}' };

test.each([
  ['a list', '/models', {}, 200, json, '100,000 values'],
  ['an error', '/models', {}, 500, json, '100,000 values'],
  ['an event', '/chat/completions', chat, 200, events, '10,000 values'],
])(
  '%s of many numbers is cut off where it breaks a limit',
  async (_, path, init, status, headers, bound) => {
    const closed = Promise.withResolvers<void>();
    await using server = await serveHandler((response) => {
      response.on('close', () => closed.resolve());
      response.writeHead(status, headers).write(`data: ${makeFives(200_000)}`); // and never ends
    });
    await expect(
      (await guarded(`${server.baseUrl}${path}`, init)).text(),
    ).rejects.toMatchObject({
      code: 'provider.refused',
      message: `http://example.test/v1 sent JSON with more than ${bound}.`,
    });
    await closed.promise;
  },
);

const staying = new AbortController().signal;

/** A server that does `greet` with everybody, and a socket to it. */
async function meetServer(greet: (socket: WebSocket) => void, clock = realClock) {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http });
  sockets.on('connection', greet);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1`;
  const events: JsonEvent[] = [];
  const lost: BotError[] = [];
  const listener = {
    onEvent: (e: JsonEvent) => events.push(e),
    onLost: (e: BotError) => lost.push(e),
  };
  const options = { baseUrl, clock, apiKey: new Secret('hunter22') };
  const socket = await JsonSocket.open(
    toSocketUrl(baseUrl, '/x', {}),
    options,
    listener,
    staying,
  );
  const closeAll = () => {
    socket.close();
    for (const client of sockets.clients) client.terminate();
    http.close();
  };
  return { socket, events, lost, baseUrl, [Symbol.dispose]: closeAll };
}

test('a connection that the server closes is lost once, its reason apart and without the key', async () => {
  using met = await meetServer((socket) =>
    socket.close(1001, 'maximum duration, hunter22'),
  );
  await expect.poll(() => met.lost.length).toBe(1);
  const message = `${met.baseUrl} closed the connection (1001).`;
  const about = { serverMessage: 'maximum duration, [key]' };
  expect(met.lost[0]).toMatchObject({ code: 'provider.truncated', message, about });
  expect(met.socket.send({})).toBe(false);
});

test.each([
  [
    '',
    {
      code: 'provider.refused',
      about: { remedy: expect.stringContaining('another pipeline') },
    },
  ],
  ['{"error":{"message":"no"}}', { code: 'provider.bad_key' }],
])(
  '403 with the body "%s" instead of a WebSocket has the error %o',
  async (body, error) => {
    using server = await openExaminedServer({}, undefined, (http) => {
      const head = `HTTP/1.1 403 Forbidden\r\ncontent-length: ${body.length}\r\n\r\n`;
      http.on('upgrade', (_, socket) => socket.end(head + body));
      return () => undefined;
    });
    const options = { baseUrl: server.origin, clock: realClock };
    const ignored = { onEvent: () => undefined, onLost: () => undefined };
    const opening = JsonSocket.open(new URL(server.origin), options, ignored, staying);
    await expect(opening).rejects.toMatchObject(error);
  },
);

test('a server that takes nothing in is lost before more than 4 MiB wait to leave', async () => {
  using met = await meetServer((socket) => socket.pause());
  const piece = { audio: 'x'.repeat(64 * 1024) };
  let sent = 0;
  while (sent < 1_000 && met.socket.send(piece)) sent++;
  expect(sent).toBeGreaterThanOrEqual(64);
  expect(sent).toBeLessThan(1_000); // the kernel takes some MB
  expect(met.lost).toMatchObject([{ code: 'provider.late' }]);
  expect(met.lost[0]?.message).toContain('accepted no data');
  expect(met.socket.send(piece)).toBe(false);
});

test('an event of many values costs the connection before anybody reads it', async () => {
  using met = await meetServer((socket) => {
    socket.send(JSON.stringify({ n: Array(9_000).fill(5) }));
    socket.send(JSON.stringify({ n: Array(10_001).fill(5) }));
    socket.send('{"n":1}');
  });
  await expect.poll(() => met.lost.length).toBe(1);
  const message = `${met.baseUrl} sent JSON with more than 10,000 values.`;
  expect(met.lost[0]).toMatchObject({
    code: 'provider.refused',
    retryable: false,
    message,
  });
  expect(met.events).toHaveLength(1);
});

test('a server that gives no sign of life for 20 s is lost, one that does is not', async () => {
  const clock = new VirtualClock();
  using met = await meetServer((socket) => socket.pause(), clock);
  await clock.advance(10_000);
  expect(met.lost).toEqual([]);
  await clock.advance(10_000);
  expect(met.lost[0]).toMatchObject({ code: 'provider.late' });
});
