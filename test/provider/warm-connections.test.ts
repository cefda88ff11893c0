import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { WarmConnections } from '#src/provider/warm-connections.ts';
import { settled, VirtualClock } from '#test/fakes/clock.ts';

async function serve() {
  const seen: IncomingMessage[] = [];
  let connections = 0;
  let answered = 0;
  const server = createServer((request, response) => {
    seen.push(request);
    response.on('finish', () => answered++);
    response.writeHead(404).end('404 page not found');
  });
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    connections: () => connections,
    answered: () => answered,
    [Symbol.dispose]: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

test('two connections to each server are open before the first request, which takes one of them', async () => {
  using server = await serve();
  const roles = ['/v1', '/v1/', '/other'].map((path) => server.origin + path);
  using connections = new WarmConnections(roles, new VirtualClock());
  connections.warm();
  await expect.poll(server.answered).toBe(2);
  await settled();
  await (await fetch(`${server.origin}/v1/models`)).text();
  expect(server.connections()).toBe(2);
});

test('no key and no body leave ahead of need', async () => {
  using server = await serve();
  using connections = new WarmConnections([`${server.origin}/v1`], new VirtualClock());
  connections.warm();
  await expect.poll(() => server.seen.length).toBe(2);
  for (const { method, headers } of server.seen) {
    expect(method).toBe('OPTIONS');
    expect(headers.authorization).toBeUndefined();
  }
});

test('a server is knocked at once in 4 s however often it is asked for, and for 12 s after', async () => {
  using server = await serve();
  const clock = new VirtualClock();
  using connections = new WarmConnections([server.origin], clock);
  for (let n = 0; n < 5; n++) connections.warm();
  const rounds = [
    [0, 1],
    [3000, 1],
    [1000, 2],
    [4000, 3],
    [4000, 4],
    [4000, 4],
    [60_000, 4],
  ] as const;
  for (const [ms, expected] of rounds) {
    await clock.advance(ms);
    await expect.poll(() => server.answered() / 2).toBe(expected);
    await settled();
    expect(server.seen.length / 2).toBe(expected);
  }
  connections.warm();
  await expect.poll(() => server.seen.length).toBe(10);
});

test('a server that is not there does no harm', async () => {
  using connections = new WarmConnections(['http://127.0.0.1:9/v1'], new VirtualClock());
  connections.warm();
  await settled();
});
