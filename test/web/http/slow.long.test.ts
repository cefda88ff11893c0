import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { upgradeWebSocket } from '@hono/node-server';
import { streamSSE } from 'hono/streaming';
import { expect, test } from 'vitest';
import { ask, openTestPage } from './open-page.ts';

const megabyte = 1_000_000;

/** A page that waits 2 s for all of a request, and 1 s for a reader that does not read; and what becomes of its connections. */
async function openImpatient() {
  const seen = { bodies: [] as string[], answered: 0, ended: 0, eventsSent: 0, eventsEnded: 0 };
  const known = new WeakSet<Socket>();
  const page = await openTestPage({
    webSocket: { mostFrameBytes: 4_096 },
    waits: { requestMs: 2_000, stillMs: 1_000 },
    routes(app) {
      app.use(async (context, next) => {
        const { incoming, outgoing } = context.env;
        const { socket } = incoming;
        if (!known.has(socket)) socket.once('close', () => seen.ended++);
        known.add(socket);
        outgoing?.once('finish', () => seen.answered++);
        return await next();
      });
      app.post('/act', async (context) => {
        seen.bodies.push(await context.req.text());
        return context.json('done');
      });
      app.get('/events', (context) =>
        streamSSE(context, async (stream) => {
          stream.onAbort(() => void seen.eventsEnded++);
          while (seen.eventsEnded === 0 && seen.eventsSent < 100) {
            await stream.writeSSE({ data: 'x'.repeat(megabyte) });
            seen.eventsSent++;
          }
        }),
      );
      const nothing = upgradeWebSocket(() => ({}));
      app.get('/room', nothing);
    },
  });
  return { ...page, seen };
}

/** A connection that asks and reads nothing. */
function stalled({ port }: URL): Socket {
  const socket = connect(Number(port), '127.0.0.1').pause();
  return socket.on('error', () => undefined);
}

function requests({ host }: URL, path: string, count: number): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`.repeat(count);
}

/** Number of bytes still read on a connection until its end. */
async function bytesLeft(socket: Socket): Promise<number> {
  let bytes = 0;
  socket.on('data', (part) => {
    bytes += part.length;
  });
  if (!socket.resume().closed) await once(socket, 'close');
  return bytes;
}

test.concurrent('a body that comes drop by drop is cut off after its time with a sentence, and nobody waits for it', async () => {
  await using page = await openImpatient();
  const { host, origin, port } = page.url;
  const socket = connect(Number(port), '127.0.0.1').setEncoding('latin1');
  socket.on('error', () => undefined);
  const head = `POST /act HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${origin}\r\n`;
  socket.write(`${head}Content-Length: 60000\r\n\r\n`);
  const dripping = setInterval(() => socket.write('x'), 50);
  let answer = '';
  socket.on('data', (part) => {
    answer += part;
  });
  const closed = new Promise((resolve) => void socket.once('close', resolve)).finally(() =>
    clearInterval(dripping),
  );
  const other = await ask(page.url, '/act', { origin }, { method: 'POST', body: 'quick' });
  expect([other.text, page.seen.bodies]).toEqual(['"done"', ['quick']]);
  await closed;
  expect(answer).toMatch(/^HTTP\/1\.1 408 .*This request took too long to arrive\.\n$/s);
  expect([page.seen.bodies, page.bugs]).toEqual([['quick'], []]);
});

test.concurrent('events that nobody reads are not made, and their connection ends', async () => {
  await using page = await openImpatient();
  const socket = stalled(page.url);
  socket.write(requests(page.url, '/events', 1));
  await expect.poll(() => page.seen.ended).toBe(1);
  expect(page.seen.eventsEnded).toBe(1);
  expect(page.seen.eventsSent).toBeLessThan(50);
  socket.destroy();
});

test('a connection that asks for more than 20 answers at a time is ended, and nobody else is disturbed', async () => {
  await using page = await openImpatient();
  const socket = stalled(page.url);
  socket.write(requests(page.url, '/enter', 1_000));
  expect(await bytesLeft(socket)).toBe(0);
  expect(page.seen.answered).toBe(0);
  expect((await ask(page.url, '/')).status).toBe(200);
});

test('a burst of requests is begun a few at a time, so that frames of sound leave between them', async () => {
  const begun = [0];
  await using page = await openTestPage({
    routes: (app) =>
      app.get('/count', (context) => {
        begun.push((begun.pop() ?? 0) + 1);
        return context.json('counted');
      }),
  });
  const sockets = Array.from({ length: 20 }, () => stalled(page.url));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  for (const socket of sockets) socket.write(requests(page.url, '/count', 20));
  while (begun.reduce((sum, count) => sum + count) < 400) {
    await new Promise(setImmediate);
    begun.push(0);
  }
  expect(Math.max(...begun)).toBeLessThanOrEqual(8);
  for (const socket of sockets) socket.destroy();
});
