import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { realClock } from '#src/base/clock.ts';
import type { BotError } from '#src/base/errors.ts';
import { Secret } from '#src/base/secret.ts';
import { type JsonEvent, JsonSocket, toSocketUrl } from '#src/provider/json-socket.ts';
import { openExaminedServer } from '#test/doctor/run-examination.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

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
