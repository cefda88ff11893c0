import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { Secret } from '#src/base/secret.ts';
import { openClient } from '#src/provider/api-client.ts';
import { createGuardedFetch } from '#src/provider/guarded-fetch.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';

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
