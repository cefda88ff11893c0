import { once } from 'node:events';
import { connect } from 'node:net';
import { upgradeWebSocket } from '@hono/node-server';
import { WebSocket } from 'ws';
import { EnteredBrowsers, type KeptBrowser } from '#src/web/http/entered-browsers.ts';
import { requireEntry } from '#src/web/http/viewer.ts';
import {
  enterPage,
  getCookie,
  getKey,
  openTestPage,
  sendRequest,
  toRefusal,
} from './open-page.ts';

const publicUrl = new URL('https://parley.example.org');

/** A page with one route for browsers that came by its link. */
async function openRoom(overrides: { readonly browsers?: EnteredBrowsers } = {}) {
  return await openTestPage({
    ...overrides,
    publicUrl,
    routes: (app) => app.get('/who', requireEntry, (context) => context.json('you')),
  });
}

test('the link of a page lets a browser in, its key is in the fragment only, and another start has another', async () => {
  await using page = await openRoom();
  await using other = await openRoom();
  const { link, url } = page;
  expect([link.origin, link.pathname, link.search]).toEqual([
    publicUrl.origin,
    '/',
    '',
  ]);
  expect(getKey(link)).toMatch(/^[\w-]{43}$/);
  const cookie = getCookie(await enterPage(url, getKey(link)));
  expect((await sendRequest(url, '/who', { cookie })).text).toBe('"you"');
  expect(toRefusal(await sendRequest(url, '/who'))).toEqual([
    401,
    'session.none',
    'You are not let in yet: open the address that npm start prints.',
  ]);
  for (const key of ['', 'x', 'A'.repeat(43), 'A'.repeat(60_000), getKey(other.link)])
    expect(toRefusal(await enterPage(url, key))).toEqual([
      403,
      'link.unknown',
      'This link is not known here: open the address that npm start prints.',
    ]);
});

test('the cookie is for this page alone, and Secure behind PAGE_URL', async () => {
  await using page = await openRoom();
  const [cookie = ''] =
    (await enterPage(page.url, getKey(page.link))).headers['set-cookie'] ?? [];
  const name = `parley-${page.url.port}`;
  expect(
    cookie
      .replace(/=[\w-]{43};/, '=…;')
      .split('; ')
      .toSorted(),
  ).toEqual(['HttpOnly', 'Path=/', 'SameSite=Strict', `${name}=…`].toSorted());
  const through = await enterPage(page.url, getKey(page.link), {
    host: publicUrl.host,
    origin: publicUrl.origin,
  });
  expect(through.headers['set-cookie']?.[0]).toContain('; Secure');
});

test('forged cookies let nobody in', async () => {
  await using page = await openRoom();
  const good = getCookie(await enterPage(page.url, getKey(page.link)));
  const name = `parley-${page.url.port}`;
  const wrong = [
    name,
    `${name}=`,
    `${name}=${'A'.repeat(43)}`,
    `${good}A`,
    good.toLowerCase(),
  ];
  for (const cookie of [
    ...wrong,
    `parley=${good.split('=')[1]}`,
    `${name}=%00;${name}=é`,
  ])
    expect((await sendRequest(page.url, '/who', { cookie })).status, cookie).toBe(401);
});

test('a browser that was let in stays so over a restart for seven days, by a cookie of its own that is kept as a hash', async () => {
  let nowMs = 0;
  let keptBrowsers: readonly KeptBrowser[] = [];
  const clock = { wallMs: () => nowMs };
  const openAgain = () =>
    openRoom({
      browsers: new EnteredBrowsers({
        clock,
        kept: keptBrowsers,
        onEntered: (browsers) => {
          keptBrowsers = browsers;
        },
      }),
    });
  const enterAgain = async () => {
    await using page = await openAgain();
    return getCookie(await enterPage(page.url, getKey(page.link))).split('=')[1] ?? '';
  };
  const seePage = async (cookie: string) => {
    await using page = await openAgain();
    const name = `parley-${page.url.port}`;
    const seen = await sendRequest(page.url, '/who', { cookie: `${name}=${cookie}` });
    return seen.status;
  };
  const [first, second] = [await enterAgain(), await enterAgain()];
  expect(first).not.toBe(second);
  expect(JSON.stringify(keptBrowsers)).not.toContain(first);
  expect([
    await seePage(first),
    await seePage(second),
    await seePage(keptBrowsers[0]?.hash ?? ''),
  ]).toEqual([200, 200, 401]);
  nowMs = 7 * 86_400_000;
  expect(await seePage(first)).toBe(401);
  nowMs = 0;
  for (let n = 0; n < 15; n++) await enterAgain();
  expect([await seePage(first), await seePage(second)]).toEqual([401, 200]);
});

test('the shell is at the root, runs nothing inline, and everything it names is there', async () => {
  await using page = await openTestPage();
  const shell = await sendRequest(page.url, '/');
  expect(shell.headers['content-type']).toBe('text/html; charset=UTF-8');
  expect(shell.text).toContain('<html lang="en">');
  expect(shell.text).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=|\sstyle=/);
  const named = [...shell.text.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map(
    ([, path = '']) => path,
  );
  expect(named.length).toBeGreaterThan(0);
  for (const path of named)
    expect((await sendRequest(page.url, path)).status, path).toBe(200);
});

test('the shell is in the first language of the browser that has texts, with each text in its place', async () => {
  await using page = await openTestPage();
  const languages = { 'accept-language': 'sw, de-AT;q=0.9, fr;q=0.8' };
  const { text } = await sendRequest(page.url, '/', languages);
  expect(text).toContain('<html lang="de">');
  expect(text).toContain('Diese Seite braucht JavaScript.');
  expect(text).not.toMatch(/\{page\./);
});

test.each([
  '/tsconfig.json',
  '/../package.json',
  '/%2e%2e/src/web/http/page.ts',
  '/.env',
  '/vendor/preact.mjs',
  '/vendor/__proto__',
  '//etc/passwd',
  '/main.js%00.css',
])('%s is nothing that is served', async (path) => {
  await using page = await openTestPage();
  const reply = await sendRequest(page.url, path);
  expect([reply.status, reply.headers['content-type']]).toEqual([
    404,
    'application/json',
  ]);
});

/** A page with a WebSocket for who came by the link; and what its browser sends. */
async function openSocketRoom() {
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
  await using page = await openSocketRoom();
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
  await using page = await openSocketRoom();
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
  await using page = await openSocketRoom();
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
  const page = await openSocketRoom();
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
