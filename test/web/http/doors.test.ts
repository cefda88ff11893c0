import { openTestPage, sendRequest, toRefusal } from './open-page.ts';

const publicUrl = new URL('https://parley.example.org:8443');

/** A page with one route that reads and one that writes. */
async function openRoutes() {
  return await openTestPage({
    publicUrl,
    routes(app) {
      app.get('/state', (context) => context.json('read'));
      app.post('/act', (context) => context.json('done'));
      app.post('/v1/act', (context) => context.json('done by a program'));
    },
  });
}

/** Asks the page, which reads or writes, with these headers; `OURS` is its origin. */
async function askPage(
  { url }: { readonly url: URL },
  method: string,
  headers: Readonly<Record<string, string>>,
) {
  const entries = Object.entries(headers).map(([name, value]) => [
    name,
    value.replace('OURS', url.origin),
  ]);
  const path = method === 'GET' ? '/state' : '/act';
  return await sendRequest(url, path, Object.fromEntries(entries), { method });
}

test('scripts of a page that the operator names may ask below /v1, and nothing else', async () => {
  const origin = 'https://app.example';
  await using page = await openTestPage({
    programOrigins: [origin],
    routes(app) {
      app.post('/act', (context) => context.json('done'));
      app.post('/v1/act', (context) => context.json('done by a program'));
    },
  });
  const headers = { origin, 'sec-fetch-site': 'cross-site' };
  const asking = {
    ...headers,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type',
  };
  const told = await sendRequest(page.url, '/v1/act', asking, { method: 'OPTIONS' });
  expect([told.status, told.headers]).toMatchObject([
    204,
    {
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET,POST',
      'access-control-allow-headers': 'authorization,content-type',
    },
  ]);
  expect(told.headers['access-control-allow-credentials']).toBeUndefined();
  const postToPage = (path: string, from = origin) =>
    sendRequest(page.url, path, { ...headers, origin: from }, { method: 'POST' });
  const done = await postToPage('/v1/act');
  expect(done.text).toBe('"done by a program"');
  expect(done.headers['access-control-allow-origin']).toBe(origin);
  expect(done.headers['access-control-expose-headers']).toContain('x-request-id');
  expect((await postToPage('/act')).status).toBe(403);
  expect((await postToPage('/v1/act', 'https://evil.example')).status).toBe(403);
});

test('each answer to a program has an id, of the program or a new one, also a refusal', async () => {
  await using page = await openTestPage({
    routes(app) {
      app.post('/v1/act', (context) => context.json('done by a program'));
      app.post('/v1/broken', () => {
        throw new Error('a bug of ours');
      });
    },
  });
  const askDoor = (path: string, headers = {}) =>
    sendRequest(page.url, path, headers, { method: 'POST' });
  const own = await askDoor('/v1/act', { 'x-request-id': 'of-the-program-1' });
  expect([own.status, own.headers['x-request-id']]).toEqual([200, 'of-the-program-1']);
  const tooLong = { 'content-length': '99999999' };
  const refused = [
    await askDoor('/v1/broken'),
    await askDoor('/v1/none'),
    await askDoor('/v1/act', { origin: 'https://evil.example' }),
    await askDoor('/v1/act', { host: 'evil.example' }),
    await askDoor('/chat/completions', tooLong),
  ];
  expect(refused.map(({ status }) => status)).toEqual([500, 404, 403, 421, 413]);
  for (const { headers } of refused)
    expect(headers['x-request-id']).toMatch(/^[\da-f-]{36}$/);
});

test('a base URL without /v1 leads programs to the same operations', async () => {
  await using page = await openTestPage({
    routes: (app) =>
      app.post('/v1/chat/completions', (context) => context.json('done')),
  });
  for (const path of ['/chat/completions', '/v1/chat/completions'])
    expect((await sendRequest(page.url, path, {}, { method: 'POST' })).text).toBe(
      '"done"',
    );
});

/** Headers of a browser that opens a document, as somebody follows a link. */
const opening = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };

test.each([
  'evil.example',
  '127.0.0.1',
  '127.0.0.2:PORT',
  'localhost.evil.example:PORT',
  '127.0.0.1:PORT@evil.example',
  '[::1]',
  'parley.example.org',
])('the forged Host "%s" is answered and nothing else', async (forged) => {
  await using page = await openRoutes();
  const reply = await sendRequest(page.url, '/state', {
    host: forged.replace('PORT', page.url.port),
  });
  expect([400, 421]).toContain(reply.status);
  expect(reply.text).not.toContain('read');
  expect((await sendRequest(page.url, '/state')).text).toBe('"read"');
});

test.each([
  'localhost:PORT',
  'LOCALHOST:PORT',
  '[::1]:PORT',
  '127.0.0.1:PORT',
  publicUrl.host,
])('the Host %s is ours', async (host) => {
  await using page = await openRoutes();
  const reply = await sendRequest(page.url, '/state', {
    host: host.replace('PORT', page.url.port),
  });
  expect(reply.text).toBe('"read"');
});

test.each([
  ['GET', { origin: 'https://evil.example' }, 'door.origin'],
  ['GET', { origin: 'null' }, 'door.origin'],
  ['GET', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 'door.site'],
  [
    'GET',
    { 'sec-fetch-site': 'cross-site', ...opening, 'sec-fetch-dest': 'iframe' },
    'door.site',
  ],
  [
    'GET',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'websocket' },
    'door.site',
  ],
  [
    'POST',
    { origin: 'https://evil.example', 'content-type': 'text/plain' },
    'door.origin',
  ],
  ['POST', { origin: publicUrl.origin }, 'door.origin'],
  ['POST', { origin: 'OURS', 'sec-fetch-site': 'same-site' }, 'door.site'],
  ['POST', { origin: 'OURS', 'sec-fetch-site': 'cross-site', ...opening }, 'door.site'],
  [
    'OPTIONS',
    { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    'door.origin',
  ],
])('a %s of another page with %j is refused', async (method, headers, code) => {
  await using page = await openRoutes();
  const reply = await askPage(page, method, headers);
  expect(toRefusal(reply)).toEqual([
    403,
    code,
    'Another page sent this request; only its own page may, and below /v1 pages that API_ORIGINS names.',
  ]);
  expect(reply.headers['access-control-allow-origin']).toBeUndefined();
});

test.each([
  ['GET', { 'sec-fetch-site': 'none', ...opening }],
  ['GET', { 'sec-fetch-site': 'cross-site', ...opening }],
  ['GET', { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }],
  ['POST', { origin: 'OURS', 'sec-fetch-site': 'same-origin' }],
  ['POST', { origin: publicUrl.origin, host: publicUrl.host }],
])('a %s with %j is of our own page, or somebody opens it', async (method, headers) => {
  await using page = await openRoutes();
  expect((await askPage(page, method, headers)).status).toBe(200);
});

// Proves: The page refuses other hosts, origins and sites by real
test('what comes without an origin is of no page: it does nothing, and is told where programs ask', async () => {
  await using page = await openRoutes();
  const told = 'Operations for programs begin with /v1: add it to the base URL.';
  const posted = await sendRequest(page.url, '/act', {}, { method: 'POST' });
  expect(toRefusal(posted)).toEqual([404, 'door.path', told]);
  expect(toRefusal(await sendRequest(page.url, '/models'))).toEqual([
    404,
    'not_found',
    `There is nothing at this address. ${told}`,
  ]);
});

test('a bug in a route is reported to the operator, and its caller reads no detail', async () => {
  await using page = await openTestPage({
    routes: (app) =>
      app.get('/bug', () => {
        throw new Error('with a secret');
      }),
  });
  expect(toRefusal(await sendRequest(page.url, '/bug'))).toEqual([
    500,
    'failed',
    'That did not work; the log has more.',
  ]);
  expect(page.bugs).toEqual([new Error('with a secret')]);
});

test('what is not there is refused with type and param, as below /v1', async () => {
  await using page = await openRoutes();
  const { status, text } = await sendRequest(page.url, '/nothing');
  expect([status, JSON.parse(text)]).toMatchObject([
    404,
    { error: { type: 'invalid_request_error', param: null, code: 'not_found' } },
  ]);
});
