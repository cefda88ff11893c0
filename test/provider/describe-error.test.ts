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

test.each([
  [429, {}, 'insufficient_quota', false],
  [500, {}, 'x', true],
  [422, {}, 'x', false],
  [400, {}, 'x', false],
  [401, {}, 'x', false],
  [403, {}, 'x', false],
  [404, {}, 'x', false],
])('whether a %i with %o and %s is asked again: %s', (code, headers, type, again) => {
  const error = describeError(status(code, headers, type), client);
  expect(error.retryable).toBe(again);
  expect(error.about).toMatchObject({ status: code });
  expect(error.code === 'provider.spent').toBe(type === 'insufficient_quota');
});
