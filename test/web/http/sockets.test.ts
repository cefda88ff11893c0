import { once } from 'node:events';
import { connect } from 'node:net';
import { upgradeWebSocket } from '@hono/node-server';
import { WebSocket } from 'ws';
import { requireEntry } from '#src/web/http/viewer.ts';
import {
  enterPage,
  getCookie,
  getKey,
  openTestPage,
  sendRequest,
  toRefusal,
} from './open-page.ts';

/** A page with a WebSocket for who came by the link; and what its browser sends. */
async function openRoom() {
  const page = await openTestPage({
    webSocket: { maxFrameBytes: 4_096 },
    routes(app) {
      app.get(
        '/room',
        requireEntry,
        upgradeWebSocket(() => ({})),
      );
      app.post('/act', (context) => context.json('done'));
      app.get('/still', () => new Response(new ReadableStream(), { status: 200 }));
    },
  });
  const cookie = getCookie(await enterPage(page.url, getKey(page.link)));
  return { ...page, cookie, path: `ws://${page.url.host}/room` };
}

/** Everything the server sends on a connection that sends `text`, until the server ends it. */
async function readSent(url: URL, text: string) {
  const socket = connect(Number(url.port), '127.0.0.1');
  socket.write(text);
  let all = '';
  for await (const part of socket.setEncoding('latin1')) all += part;
  return all;
}

/** The status with which an upgrade is refused. */
async function refusedStatus(address: string, headers: Record<string, string>) {
  const socket = new WebSocket(address, { headers });
  socket.on('error', () => undefined);
  const [, response] = await once(socket, 'unexpected-response');
  response.destroy();
  return response.statusCode;
}

test('an upgrade of another page, of a forged host or without a session is refused', async () => {
  await using page = await openRoom();
  const { cookie } = page;
  const { origin } = page.url;
  const statuses = [
    refusedStatus(page.path, { cookie }),
    refusedStatus(page.path, { cookie, origin: 'https://evil.example' }),
    refusedStatus(page.path, { cookie, origin: `http://localhost:${page.url.port}` }),
    refusedStatus(page.path, { cookie, origin, 'sec-fetch-site': 'same-site' }),
    refusedStatus(page.path, { cookie, origin, host: 'evil.example' }),
    refusedStatus(page.path, { origin }),
    refusedStatus(page.path, { origin, cookie: `${cookie}x` }),
    refusedStatus(page.path.replace('/room', '/act'), { origin, cookie }),
  ];
  expect(await Promise.all(statuses)).toEqual([404, 403, 403, 403, 421, 401, 401, 404]);
});

test('a body of 10 MB is refused by its length, and one of a page without a length at once', async () => {
  await using page = await openRoom();
  const { origin } = page.url;
  const request = { method: 'POST', body: 'x'.repeat(70_000) };
  expect(toRefusal(await sendRequest(page.url, '/act', { origin }, request))).toEqual([
    413,
    'door.body_size',
    'The body is too long: at most 64 KiB.',
  ]);
  const head = `POST /act HTTP/1.1\r\nHost: ${page.url.host}\r\nOrigin: ${origin}\r\n`;
  const big = await readSent(
    page.url,
    `${head}Content-Length: 10000000\r\n\r\n${'x'.repeat(100_000)}`,
  );
  expect(big).toMatch(/^HTTP\/1\.1 413 /);
  const chunked = await readSent(
    page.url,
    `${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
  );
  expect(chunked).toMatch(/^HTTP\/1\.1 411 .*Send the body in one piece/s);
  expect((await sendRequest(page.url, '/')).status).toBe(200);
});

test('a request that names two hosts is refused with 400, also one of a program or for a WebSocket', async () => {
  await using page = await openRoom();
  const { host } = page.url;
  const askRaw = async (line: string, ...headers: readonly string[]) => {
    const head = [line, ...headers, 'Connection: close'].join('\r\n');
    return (await readSent(page.url, `${head}\r\n\r\n`)).slice(0, 12);
  };
  const [own, other] = [`Host: ${host}`, 'HOST: evil.example'];
  const upgrade = ['Upgrade: websocket', 'Connection: Upgrade'];
  const refused = [
    askRaw('GET / HTTP/1.1', own, other),
    askRaw('GET / HTTP/1.1', other, own),
    askRaw('GET / HTTP/1.1', own, own),
    askRaw('POST /v1/act HTTP/1.1', own, other),
    askRaw('GET /room HTTP/1.1', own, other, ...upgrade),
    askRaw('GET http://evil.example/ HTTP/1.1', own),
    askRaw('GET / HTTP/1.1'),
  ];
  expect(new Set(await Promise.all(refused))).toEqual(new Set(['HTTP/1.1 400']));
  expect(await askRaw(`GET ${page.url.href} HTTP/1.1`, own)).toBe('HTTP/1.1 200');
});

test('closing does not wait for an answer that never ends', async () => {
  const page = await openRoom();
  const socket = connect(Number(page.url.port), '127.0.0.1');
  socket.write(`GET /still HTTP/1.1\r\nHost: ${page.url.host}\r\n\r\n`);
  await once(socket, 'data');
  const closed = once(socket, 'close');
  await page[Symbol.asyncDispose]();
  await closed;
  await expect(fetch(page.url)).rejects.toThrow();
});

test('an address that is no address of this machine is an outcome with a sentence', async () => {
  await using page = await openTestPage();
  await expect(openTestPage({ port: Number(page.url.port) })).rejects.toThrow(
    `No page at 127.0.0.1:${page.url.port}: the port is in use; set PAGE_HOST or PAGE_PORT, 0 for none.`,
  );
  await expect(openTestPage({ host: '192.0.2.1' })).rejects.toThrow(
    /it cannot be opened \(EADDRNOTAVAIL\)/,
  );
});
