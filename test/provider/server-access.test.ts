import type { IncomingMessage, ServerResponse } from 'node:http';
import { WebSocketServer } from 'ws';
import { realClock } from '#src/base/clock.ts';
import { Secret } from '#src/base/secret.ts';
import { openClient } from '#src/provider/api-client.ts';
import { JsonSocket, toSocketUrl } from '#src/provider/json-socket.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';

const key = 'hunter22';
const answer = { choices: [{ message: { content: 'ok' } }] };

type Asked = {
  readonly path: string;
  readonly authorization?: string | undefined;
  readonly apiKey?: unknown;
};
type Judge = (request: Asked) => [status: number, body: object | string];

/** A server that answers by path and headers of the key. */
async function openJudge(judge: Judge) {
  const requests: Asked[] = [];
  const served = await openListeningServer((request, response) => {
    request.resume();
    request.on('end', () => respondByKey(request, response));
  });
  function respondByKey(
    { headers, url = '' }: IncomingMessage,
    response: ServerResponse,
  ) {
    const { authorization, 'api-key': apiKey } = headers;
    requests.push({ path: url, authorization, apiKey });
    const [status, body] = judge({ path: url, authorization, apiKey });
    const isPage = typeof body === 'string' && body.startsWith('<');
    const type = isPage
      ? 'text/html'
      : typeof body === 'string'
        ? 'text/plain'
        : 'application/json';
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    response
      .writeHead(status, { 'content-type': type, 'content-length': text.length })
      .end(text);
  }
  return { ...served, asked: requests };
}

type Judged = Awaited<ReturnType<typeof openJudge>>;

/** A client of that server below `path`, and the habits that it tells. */
function openReporting({ origin }: Judged, path: string, apiKey?: Secret) {
  const habits: { readonly what: string; readonly mend: string }[] = [];
  const client = openClient({
    baseUrl: path.startsWith('http') ? path : `${origin}${path}`,
    apiKey,
    addressSetting: 'CHAT_COMPLETION_BASE_URL',
    report: (habit) => habits.push(habit),
  });
  const askServer = async () => {
    const body = { model: 'm', messages: [] };
    const { choices } = await client.chat.completions.create(body);
    return choices[0]?.message.content;
  };
  return { client, habits, ask: askServer };
}

const complaints: readonly (readonly [number, object])[] = [
  [
    401,
    {
      error: { code: '401', message: 'Access denied due to missing subscription key.' },
    },
  ],
  [403, { error: { message: 'No API key was given.' } }],
  [403, { detail: 'Not authenticated' }],
];

test.each(complaints)(
  'a server that refuses a bearer token with %i %j gets the key once as api-key, and then at once',
  async (status, body) => {
    await using server = await openJudge(({ apiKey }) =>
      apiKey === key ? [200, answer] : [status, body],
    );
    const { ask, habits } = openReporting(server, '/v1', new Secret(key));
    expect([await ask(), await ask()]).toEqual(['ok', 'ok']);
    expect(
      server.asked.map(({ apiKey, authorization }) => authorization ?? apiKey),
    ).toEqual([`Bearer ${key}`, key, key]);
    expect(habits.map(({ what }) => what)).toEqual([
      'it takes its key in the header api-key',
    ]);
  },
);

test('a key that is refused in both headers is refused with the first answer, and nothing is learnt', async () => {
  await using server = await openJudge(({ apiKey }) => [
    401,
    { error: { message: apiKey ? 'second' : 'first' } },
  ]);
  const { ask, habits } = openReporting(server, '/v1', new Secret(key));
  await expect(ask()).rejects.toThrow('first');
  await expect(ask()).rejects.toThrow('first');
  expect([server.asked.length, habits]).toEqual([4, []]);
});

test.each([
  [403, { error: { message: 'Your input was flagged by moderation.' } }],
  [400, { error: { message: 'no api key' } }],
])('%i %j says nothing of the header of the key', async (status, body) => {
  await using server = await openJudge(() => [status, body]);
  const { ask } = openReporting(server, '/v1', new Secret(key));
  await expect(ask()).rejects.toThrow();
  expect(server.asked).toHaveLength(1);
});

const missing: readonly (readonly [number, object | string])[] = [
  [404, { detail: 'Not Found' }],
  [404, '404 page not found'],
  [404, '<h1>Cannot POST it; see our models</h1>'],
  [405, ''],
  [200, '<!doctype html><title>My server</title>'],
  [200, { error: 'Unexpected endpoint or method. (POST /chat/completions)' }],
];

test.each([
  ['/v1/chat/completions', '/v1'],
  ['/v1/audio/speech', '/v1'],
  ['/v1/audio/transcriptions', '/v1'],
  ['/v1/responses/', '/v1'],
  ['/v1/models', '/v1'],
  ['/v1/realtime', '/v1'],
  ['/chat/completions', '/v1'],
  ['/llm', '/llm/v1'],
  ['/llm/', '/llm/v1'],
  ['/v1beta/openai/chat/completions', '/v1beta/openai'],
  ['/v1/docs', '/v1'],
  ['', '/openai/v1'],
  ['/v1', ''],
])(
  'an address that ends in %j is answered at %j, which is told',
  async (input, right) => {
    for (const [status, body] of missing) {
      await using server = await openJudge(({ path }) =>
        path === `${right}/chat/completions` ? [200, answer] : [status, body],
      );
      const { ask, habits } = openReporting(server, input, new Secret(key));
      expect(await ask()).toBe('ok');
      const countBefore = server.asked.length;
      expect(await ask()).toBe('ok');
      expect(server.asked).toHaveLength(countBefore + 1);
      expect(countBefore).toBeLessThanOrEqual(3);
      expect(habits.map(({ mend }) => mend)).toEqual([
        `set CHAT_COMPLETION_BASE_URL=${server.origin}${right}`,
      ]);
    }
  },
);

test('a path that lacks a model is right, and no other is asked', async () => {
  await using server = await openJudge(() => [
    404,
    { error: { message: "model 'm' not found, try pulling it first" } },
  ]);
  const { ask } = openReporting(server, '/llm');
  await expect(ask()).rejects.toThrow('pulling');
  expect(server.asked).toHaveLength(1);
});

test('an endpoint that is nowhere is sought once, and not where another one was found', async () => {
  await using server = await openJudge(({ path }) =>
    path === '/v1/models' ? [200, { data: [] }] : [404, ''],
  );
  const unfound = openReporting(server, '/v1');
  await expect(unfound.ask()).rejects.toThrow('404');
  const sought = server.asked.length;
  await expect(unfound.ask()).rejects.toThrow('404');
  expect([sought, server.asked.length]).toEqual([3, 4]);
  const match = openReporting(server, '/v1');
  await match.client.models.list();
  await expect(match.ask()).rejects.toThrow('404');
  expect([server.asked.length, match.habits]).toEqual([6, []]);
});

test('Azure by deployment keeps its query, also where the whole endpoint was pasted', async () => {
  const path = '/openai/deployments/nova';
  const query = '?api-version=2025-04-01-preview';
  await using server = await openJudge(({ path: asked, apiKey }) => {
    if (apiKey !== key)
      return [401, { error: { code: '401', message: 'Access denied' } }];
    const isRight = asked === `${path}/chat/completions${query}`;
    return isRight
      ? [200, answer]
      : [404, { error: { code: '404', message: 'Resource not found' } }];
  });
  const pasted = `${path}/chat/completions${query}`;
  const { ask, habits } = openReporting(server, pasted, new Secret(key));
  expect([await ask(), await ask()]).toEqual(['ok', 'ok']);
  expect(server.asked).toHaveLength(4);
  expect(habits.map(({ mend }) => mend)).toContain(
    `set CHAT_COMPLETION_BASE_URL=${server.origin}${path}${query}`,
  );
});

test('a body that is a stream is sent once, and the next request uses what others learnt', async () => {
  await using server = await openJudge(({ path }) =>
    path.startsWith('/v1/chat/') ? [200, answer] : [404, ''],
  );
  const { ask, client } = openReporting(server, '/v1/models');
  const postStream = () =>
    client.post('/chat/completions', { body: new Blob(['{}']).stream() }).asResponse();
  await expect(postStream()).rejects.toThrow('404');
  expect(server.asked).toHaveLength(1);
  await expect(ask()).resolves.toBe('ok');
  await expect(postStream()).rejects.not.toThrow('404');
  expect(server.asked.at(-1)?.path).toBe('/v1/chat/completions');
});

test('user and password go as Basic authentication, the key beside them, and neither is shown', async () => {
  await using server = await openJudge(() => [500, { error: { message: 'no' } }]);
  const [, host = ''] = server.origin.split('//');
  const address = `http://ana:p%40ss@${host}/v1?tenant=7`;
  const { ask, client } = openReporting(server, address, new Secret(key));
  await expect(ask()).rejects.toThrow('500');
  expect(server.asked).toEqual([
    {
      path: '/v1/chat/completions?tenant=7',
      authorization: `Basic ${btoa('ana:p@ss')}`,
      apiKey: key,
    },
  ]);
  expect(`${client.baseURL} ${JSON.stringify(client)}`).not.toMatch(/ana|p%40ss/);
});

test.each([
  ['with user and password', true, [undefined, undefined]],
  ['that takes its key as api-key', false, [key, key]],
])('a WebSocket %s opens, and the next one at once', async (_, hasLogin, keys) => {
  await using server = await openJudge(() => [404, '']);
  const sockets = new WebSocketServer({ noServer: true });
  const seen: unknown[] = [];
  server.server.on('upgrade', (request, socket, head) => {
    const { authorization, 'api-key': apiKey } = request.headers;
    seen.push(apiKey);
    const isTaken = authorization === `Basic ${btoa('ana:pw')}` || apiKey === key;
    if (isTaken) sockets.handleUpgrade(request, socket, head, () => undefined);
    else socket.end('HTTP/1.1 401 No\r\ncontent-length: 2\r\n\r\nno');
  });
  const [, host = ''] = server.origin.split('//');
  const baseUrl = `ws://${hasLogin ? 'ana:pw@' : ''}${host}/v1`;
  const url = toSocketUrl(baseUrl, '/realtime', {});
  const apiKey = hasLogin ? undefined : new Secret(key);
  const options = {
    baseUrl,
    clock: realClock,
    apiKey,
    keyHeader: hasLogin ? undefined : 'api-key',
  };
  const listener = { onEvent: () => undefined, onLost: () => undefined };
  for (let n = 0; n < 2; n++) {
    const { signal } = new AbortController();
    const socket = await JsonSocket.open(url, options, listener, signal);
    expect(socket.url.href).not.toContain('ana');
    socket.close();
  }
  expect(seen).toEqual(keys);
});
