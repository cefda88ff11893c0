import { APIError } from 'openai/core/error';
import { toFailureFinding } from '#src/probes/probe.ts';
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
  ['with a request that it does not quote', 'Hi.', '500: no'],
  ['beside its codes', undefined, '500: x: no'],
])('a report holds the sentence of the server once, %s', (_, request, end) => {
  const error = describeError(status(500, {}), client, request);
  const { reason } = toFailureFinding('think', error);
  expect(reason).toBe(`http://localhost/v1 answered with error ${end}`);
});

test('a refusal whose type is no text is told as any other', () => {
  const error = { message: 'no', type: { toString: 1 } };
  const thrown = APIError.generate(400, { error }, '', new Headers());
  expect(describeError(thrown, client).code).toBe('provider.refused');
});

test.each([
  // Kokoro-FastAPI, an unknown model, a wrong key at a LiteLLM without a database, the key of the server behind it
  [400, "Voice 'alloy' is not available", 'refused', 'set SPEECH_VOICE'],
  [404, 'The model `m` does not exist.', 'refused', '/v1/models'],
  [400, 'No connected db., type=no_db_connection', 'bad_key', 'proxy'],
  [401, 'litellm.AuthenticationError: Incorrect API key', 'bad_key', 'api_key of that'],
])(
  'the only reason of a %i is told with its remedy: %s',
  (code, detail, kind, remedy) => {
    const thrown = APIError.generate(code, { error: { detail } }, '', new Headers());
    const error = describeError(thrown, client);
    expect(error.code).toBe(`provider.${kind}`);
    expect(error.about.remedy).toContain(remedy);
  },
);

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
