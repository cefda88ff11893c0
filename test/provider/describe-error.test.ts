import { APIError } from 'openai/core/error';
import { expect, test } from 'vitest';
import { describeError } from '#src/provider/models/describe-error.ts';

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
  [{ 'retry-after': 'soon' }, undefined],
])('a 429 tells how long to wait, in ms or in seconds: %o', (headers, waitMs) => {
  const { about, retryable } = describeError(status(429, headers), client);
  expect(about.retryAfterMs).toBe(waitMs);
  expect(retryable).toBe(true);
});

const message = (text: string) => ({ message: text });

test.each([
  // Kokoro-FastAPI, an unknown model, a wrong key at a LiteLLM without a database, the key of the server behind it, a full context
  [400, { detail: "Voice 'alloy' is not available" }, 'refused', 'set SPEECH_VOICE'],
  [404, message('The model `m` does not exist.'), 'refused', '/v1/models'],
  [400, { message: 'No connected db.', type: 'no_db_connection' }, 'bad_key', 'proxy'],
  [401, message('litellm.AuthenticationError: Incorrect API key'), 'bad_key', 'api_key of that'],
  [400, message('Requested tokens exceed context window of 256'), 'refused', '--ctx-size'],
  [429, message('You exceeded your current quota'), 'spent', 'top up'],
])('the only reason of a %i is told with its remedy: %j', (code, body, kind, remedy) => {
  const { about, ...error } = describeError(
    APIError.generate(code, { error: body }, '', new Headers()),
    client,
  );
  expect(error.code).toBe(`provider.${kind}`);
  expect(about.mend).toContain(remedy);
});

test.each([
  [429, {}, 'insufficient_quota', false],
  [500, {}, 'x', true],
  [422, {}, 'x', false],
  [400, {}, 'x', false],
  [401, {}, 'x', false],
  [403, {}, 'x', false],
  [404, {}, 'x', false],
] as const)('whether a %i with %o and %s is asked again: %s', (code, headers, type, again) => {
  const error = describeError(status(code, headers, type), client);
  expect(error.retryable).toBe(again);
  expect(error.about).toMatchObject({ status: code });
  expect(error.code === 'provider.spent').toBe(type === 'insufficient_quota');
});
