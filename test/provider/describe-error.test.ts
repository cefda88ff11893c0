import { APIError } from 'openai/core/error';
import { expect, test } from 'vitest';
import { Secret } from '#src/base/secret.ts';
import { openClient } from '#src/provider/client.ts';
import { describeError } from '#src/provider/models/describe-error.ts';
import type { MockSettings } from '#test/fakes/providers/mock-settings.ts';
import { instantPace, openMockProviders } from '#test/fakes/providers/providers.ts';

const ask = {
  model: 'mock',
  messages: [{ role: 'user' as const, content: 'hi' }],
};

async function failure(settings: Partial<MockSettings>, stream = false) {
  await using server = await openMockProviders({ pace: instantPace, ...settings });
  const client = openClient({ baseUrl: server.baseUrl, apiKey: new Secret('hunter22') });
  try {
    const { completions } = client.chat;
    if (!stream) await completions.create(ask);
    else for await (const _ of await completions.create({ ...ask, stream }));
  } catch (thrown) {
    const { code, retryable, message } = describeError(thrown, client);
    return { code, retryable, message: message.replaceAll(server.baseUrl, 'SERVER') };
  }
  return undefined;
}

test.each([
  [
    'bad-key',
    'provider.bad_key',
    false,
    'SERVER refused the key (401): Incorrect API key provided.',
  ],
  [
    'rate-limited',
    'provider.rate_limited',
    true,
    'SERVER applies its rate limit, try again after 7 (429).',
  ],
  ['error-500', 'provider.refused', true, 'SERVER answered with error 500.'],
  ['dropped', 'provider.truncated', true, 'SERVER ended its answer early.'],
  [
    'html',
    'provider.wrong_type',
    false,
    'SERVER answered with a web page (text/html): check that the base URL is the API itself, which usually ends in /v1.',
  ],
] as const)(
  'a server with the fault %s is described as %s',
  async (trouble, code, retryable, message) => {
    expect(await failure({ trouble: { chat: trouble } })).toEqual({ code, retryable, message });
  },
);

test('a stream that breaks off is truncated', async () => {
  expect(await failure({ trouble: { chat: 'dropped' } }, true)).toMatchObject({
    code: 'provider.truncated',
  });
});

test('an error in the clothes of a stream is not an empty stream', async () => {
  expect(await failure({ trouble: { chat: 'wrong-type' } }, true)).toMatchObject({
    code: 'provider.wrong_type',
    message: 'SERVER answered with JSON.',
  });
});

test('a server that is not running is named with the next step', async () => {
  const server = await openMockProviders();
  await server[Symbol.asyncDispose]();
  const client = openClient({ baseUrl: server.baseUrl });
  const thrown = await client.models.list().catch((error: unknown) => error);
  expect(describeError(thrown, client)).toMatchObject({
    code: 'provider.unreachable',
    retryable: true,
    message: `${server.baseUrl} could not be reached: no program listens there (ECONNREFUSED), is it running?`,
  });
});

test('a base URL without /v1 is completed once, remembered and told', async () => {
  await using server = await openMockProviders({ pace: instantPace });
  const reported: string[] = [];
  const baseUrl = server.baseUrl.replace(/\/v1$/, '');
  const client = openClient({ baseUrl, onBaseUrl: (found) => reported.push(found) });
  for (let n = 0; n < 2; n++) await client.chat.completions.create(ask);
  await client.models.list();
  expect(reported).toEqual([server.baseUrl]);
  expect(client.baseURL).toBe(server.baseUrl);
  expect([server.requests.length, server.listings()]).toEqual([2, 1]);
});

const foreignBodies: readonly [string, string][] = [
  ['{"detail":"no model"}', 'no model'],
  ['{"detail":[{"loc":["body"],"msg":"field required"}]}', 'field required'],
  ['{"detail":{"error":"E","message":"no model"}}', 'no model'],
  ['{"object":"error","message":"too long","type":"x","code":400}', 'too long'],
  ['{"error":"no model"}', 'no model'],
  ['<html><head><title>t</title></head><body><h1>Bad\n gateway</h1></body></html>', 'Bad gateway'],
  ['the key hunter22 and Bearer abc.def and sk-proj-123456', 'the key [key] and [key] and [key]'],
];

test.each(foreignBodies)('the error body %s reads "%s"', async (body, words) => {
  const client = openClient({ baseUrl: 'http://example.test/v1', apiKey: new Secret('hunter22') });
  const parsed: unknown = body.startsWith('{') ? JSON.parse(body) : undefined;
  const error = APIError.generate(
    400,
    typeof parsed === 'object' && parsed && !('error' in parsed)
      ? { error: parsed }
      : (parsed as object),
    body,
    new Headers(),
  );
  expect(describeError(error, client)).toMatchObject({
    message: expect.stringMatching(/^http:\/\/example.test\/v1 answered with error 400(: x|\.)$/),
    about: { serverWords: words },
  });
});

test('a message stays within 200 characters', () => {
  const client = openClient({ baseUrl: 'http://example.test/v1' });
  expect(describeError(new Error('x '.repeat(500)), client).message.length).toBeLessThanOrEqual(
    200,
  );
});

const status = (code: number, headers: Readonly<Record<string, string>>, type = 'x') =>
  APIError.generate(
    code,
    { error: { message: 'no', type, code: type } },
    'no',
    new Headers(headers),
  );
const client = { baseURL: 'http://localhost/v1', apiKey: 'none' };

test.each([
  [{ 'retry-after': '1' }, 1000],
  [{ 'retry-after': '120' }, 120_000],
  [{ 'retry-after-ms': '250', 'retry-after': '1' }, 250],
  [
    { 'retry-after': 'Fri, 20 Nov 2026 16:26:00 GMT', date: 'Fri, 20 Nov 2026 16:25:30 GMT' },
    30_000,
  ],
  [{ 'retry-after': 'soon' }, undefined],
])('a 429 tells how long to wait, as a number or as a date: %o', (headers, waitMs) => {
  const { about, retryable } = describeError(status(429, headers), client);
  expect(about.retryAfterMs).toBe(waitMs);
  expect(retryable).toBe(true);
});

test.each([
  [429, {}, 'insufficient_quota', false],
  [429, { 'x-should-retry': 'true' }, 'insufficient_quota', false],
  [500, {}, 'x', true],
  [500, { 'x-should-retry': 'false' }, 'x', false],
  [422, { 'x-should-retry': 'true' }, 'x', true],
  [400, {}, 'x', false],
  [401, { 'x-should-retry': 'true' }, 'x', false],
  [403, {}, 'x', false],
  [404, {}, 'x', false],
] as const)('whether a %i with %o and %s is asked again: %s', (code, headers, type, again) => {
  const error = describeError(status(code, headers, type), client);
  expect(error.retryable).toBe(again);
  expect(error.about).toMatchObject({ status: code });
  expect(error.code === 'provider.spent').toBe(type === 'insufficient_quota');
});
