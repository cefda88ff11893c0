import { APIError } from 'openai/core/error';
import { toFailureFinding } from '#src/probes/probe.ts';
import { describeError } from '#src/provider/models/describe-error.ts';

const makeStatusError = (
  code: number,
  headers: Readonly<Record<string, string>>,
  type = 'x',
) =>
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
  const { about, retryable } = describeError(makeStatusError(429, headers), client);
  expect(about.retryAfterMs).toBe(waitMs);
  expect(retryable).toBe(true);
});

test.each([
  ['with a request that it does not quote', 'Hi.', '500: no'],
  ['beside its codes', undefined, '500: x: no'],
])('a report holds the sentence of the server once, %s', (_, request, end) => {
  const error = describeError(makeStatusError(500, {}), client, request);
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
  const error = describeError(makeStatusError(code, headers, type), client);
  expect(error.retryable).toBe(again);
  expect(error.about).toMatchObject({ status: code });
  expect(error.code === 'provider.spent').toBe(type === 'insufficient_quota');
});

const describeStatus = (
  code: number,
  message: string,
  {
    headers = {},
    request,
    ...more
  }: { headers?: Record<string, string>; request?: string } & Record<
    string,
    unknown
  > = {},
) => {
  const isPage = message.startsWith('<');
  const body = isPage ? undefined : { error: { message, ...more } };
  const thrown = APIError.generate(code, body, message, new Headers(headers));
  return describeError(thrown, client, request);
};
const firewallPage = '<!DOCTYPE html><title>Attention Required! | Cloudflare</title>';

test.each([
  [
    429,
    'You exceeded your quota, see billing. Please retry in 23.5s.',
    {},
    'rate_limited',
    'applies its rate limit, try again in 24 s (429)',
  ],
  [
    429,
    'Slow down.',
    { headers: { 'retry-after': '9000' } },
    'rate_limited',
    'try again in 3 h (429)',
  ],
  [
    429,
    '<html><body>Billing</body></html>',
    {},
    'rate_limited',
    'applies its rate limit (429)',
  ],
  [
    429,
    'no',
    { code: 'insufficient_quota' },
    'spent',
    'says the quota is used up (429): top up that account',
  ],
  [
    429,
    'You exceeded your quota, check billing. Limit: 50 per day.',
    { headers: { 'retry-after': '28800' } },
    'spent',
    'says the quota of the day is used up (429): wait until it opens again in 8 h',
  ],
  [503, 'Loading model', {}, 'loading', 'is still loading its model (503)'],
  [
    403,
    'Your input was flagged',
    {},
    'refused',
    'refuses this request for its content (403)',
  ],
  [
    403,
    firewallPage,
    {},
    'refused',
    'is behind a firewall or proxy that blocked the request (403)',
  ],
  [
    403,
    'Country, region, or territory not supported',
    {},
    'refused',
    'does not serve the region of this machine (403)',
  ],
  [
    403,
    'Speech API has not been used in project 1 before or it is disabled.',
    {},
    'refused',
    'has this API switched off for that account (403)',
  ],
  [
    403,
    'Your account has been suspended',
    {},
    'refused',
    'has closed that account (403)',
  ],
  [
    403,
    'No access to model m',
    {},
    'refused',
    'does not let this key use this model (403)',
  ],
  [403, 'Enable billing first', {}, 'spent', 'says the quota is used up (403)'],
  [403, 'Computer says no', {}, 'refused', 'does not allow this request (403)'],
  [403, 'Permission denied', {}, 'bad_key', 'refused the key (403)'],
  [401, 'no', {}, 'bad_key', 'refused the key (401)'],
  [413, 'Payload too large', {}, 'refused', 'finds this request too large (413)'],
  [
    413,
    'TPM: Limit 6000, Requested 7200 tokens',
    {},
    'refused',
    'allows a shorter answer than this request asks for (413)',
  ],
  [
    400,
    'Failed to call a function',
    { code: 'tool_use_failed' },
    'refused',
    'could not read the call of a tool that its model wrote (400)',
  ],
  [
    400,
    'Audio file is too short',
    {},
    'refused',
    'finds the sound too short for a word (400)',
  ],
  [424, 'no', {}, 'refused', 'says that a server behind it failed (424)'],
  [
    502,
    '<html><h1>502 Bad Gateway</h1></html>',
    {},
    'refused',
    'does not answer the proxy before it (502)',
  ],
  [503, 'no', {}, 'refused', 'is not available now (503)'],
  [529, 'Overloaded', {}, 'refused', 'is overloaded (529)'],
  [504, 'no', {}, 'late', 'took too long (504)'],
  [418, 'no', {}, 'refused', 'answered with error 418'],
])(
  'the sentence about a %i says the truth: %s',
  (code, message, overrides, kind, sentence) => {
    const error = describeStatus(code, message, overrides);
    expect(error.code).toBe(`provider.${kind}`);
    expect(error.message).toContain(sentence);
  },
);

test('what an answer has to change after a refusal is typed', () => {
  expect(describeStatus(403, 'flagged').about).toMatchObject({
    isContentRefusal: true,
  });
  expect(describeStatus(400, 'maximum context length').about).toMatchObject({
    isTooLong: true,
  });
  expect(
    describeStatus(413, 'TPM: Limit 6000, Requested 7200 tokens').about,
  ).toMatchObject({
    tokensOver: 1200,
  });
  expect(
    describeStatus(403, 'Permission denied').about.isContentRefusal,
  ).toBeUndefined();
});

test('a code that is a word of the request is not told', () => {
  const code = 'barbarossa';
  expect(
    describeStatus(400, code, { code, request: 'Is it Barbarossa?' }).message,
  ).not.toContain(code);
  expect(describeStatus(400, code, { code, request: 'Is it?' }).message).toContain(
    code,
  );
});

test('a refusal without a reason blames the key only where nothing was said', () => {
  expect(describeStatus(403, 'no', { request: '' }).code).toBe('provider.bad_key');
  expect(describeStatus(403, 'no', { request: 'Hello.' }).code).toBe(
    'provider.refused',
  );
});
