import { APIError } from 'openai/core/error';
import { BotError } from '#src/base/errors.ts';
import { classifyRefusal } from '#src/provider/models/refusal.ts';
import { groqTooLarge, knownRefusals, withMessage } from './known-refusals.ts';

/** A refusal as the client makes it of a body: an object, or a text that is no JSON. */
function toRefusal(
  status: number,
  body: object | string,
  headers: Readonly<Record<string, string>> = {},
) {
  const isText = typeof body === 'string';
  const wrapped = isText || 'error' in body ? body : { error: body };
  return classifyRefusal(
    APIError.generate(
      status,
      isText ? undefined : wrapped,
      isText ? body : undefined,
      new Headers(headers),
    ),
  );
}

test.each(knownRefusals)('a refusal is one of %s: %i %j', (kind, status, body) => {
  expect(toRefusal(status, body)).toMatchObject({ kind, status });
});

test('a connection that failed is no refusal', () => {
  expect(classifyRefusal(new TypeError('fetch failed')).kind).toBe('none');
  expect(classifyRefusal('billing').kind).toBe('none');
});

test('a refusal that became a BotError keeps its kind', () => {
  const spent = new BotError('provider.spent', false, 'No.');
  expect(classifyRefusal(new Error('x', { cause: spent })).kind).toBe('spent');
});

const now = 'Sun, 06 Nov 1994 08:49:00 GMT';
const soon = 'Sun, 06 Nov 1994 08:49:37 GMT';
test.each<
  [headers: Readonly<Record<string, string>>, body: object | string, waitMs?: number]
>([
  [{ 'retry-after': soon, date: now }, '', 37_000],
  [{ 'retry-after': 'Sunday, 06-Nov-94 08:49:37 GMT', date: now }, '', 37_000],
  [{ 'retry-after': 'Sun Nov  6 08:49:37 1994', date: now }, '', 37_000],
  [{ 'retry-after': now, date: soon }, '', 0],
  [{ 'retry-after': soon }, '', 0],
  [{ 'retry-after': 'Sunday, 06-Nov-94 08:49:37 GMT' }, '', 0],
  [{ 'retry-after': '1.5' }, '', 1_500],
  [{ 'retry-after-ms': '250', 'retry-after': '1' }, '', 250],
  [{ 'llm_provider-retry-after': '7' }, '', 7_000],
  [{ 'retry-after': 'soon' }, '', undefined],
  [{ 'x-ratelimit-reset-requests': '6m0s' }, '', 360_000],
  [{ 'x-ratelimit-reset-tokens': '20ms', 'x-ratelimit-remaining-tokens': '0' }, '', 20],
  [
    { 'x-ratelimit-reset-tokens': '20ms', 'x-ratelimit-remaining-tokens': '9' },
    '',
    undefined,
  ],
  [{ 'x-ratelimit-reset': '784111777', date: now }, '', undefined],
  [
    { 'anthropic-ratelimit-requests-reset': '1994-11-06T08:49:37Z', date: now },
    '',
    37_000,
  ],
  [
    {},
    [
      {
        error: {
          message: 'no',
          details: [{ '@type': 'x/google.rpc.RetryInfo', retryDelay: '23s' }],
        },
      },
    ],
    23_000,
  ],
  [
    {},
    withMessage('no', {
      metadata: {
        headers: { 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': '784111777000' },
      },
    }),
    0,
  ],
  [{}, { detail: 'Request was throttled. Expected available in 1 second.' }, 1_000],
  [{}, { error: { message: 'no', retry_after: 4 } }, 4_000],
  [{}, withMessage('no', { retry_after_ms: 40 }), 40],
  [{}, withMessage('Please retry in 23.5s.'), 23_500],
  [{}, withMessage('Please try again in 1m2s. Thank you.'), 62_000],
  [{}, withMessage('Please try again in 120ms'), 120],
  [{}, withMessage('Slow down, and come back in 20 seconds'), 20_000],
  [{}, withMessage('Try again after 2 hours and 5 minutes.'), 7_500_000],
  [{}, withMessage('You may send 20 requests in 60 seconds'), undefined],
])('a 429 with %o and %j states its wait', (headers, body, waitMs) => {
  expect(toRefusal(429, body, headers).retryAfterMs).toBe(waitMs);
});

test.each([
  [groqTooLarge, 1_200],
  ['You requested 9,120 tokens per minute, the limit is 8,000', 1_120],
  [
    "This model's maximum context length is 2048 tokens. However, you requested 4009 tokens (9 in the messages, 4000 in the completion).",
    1_961,
  ],
  [
    "'max_tokens' is too large: 4000. This model's context has 2048 tokens and your request has 9 input tokens (4000 > 2048 - 9).",
    1_961,
  ],
  [
    'input length and `max_tokens` exceed context limit: 190000 + 16000 > 200000',
    6_000,
  ],
  [
    'max_tokens is too large: 32000. This model supports at most 16384 completion tokens.',
    15_616,
  ],
  ['max_tokens must be at most 8192, got 32000', 23_808],
  [
    'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: 4000 `inputs` tokens and 512 `max_new_tokens`',
    415,
  ],
  [
    "Requested token count exceeds the model's maximum context length of 4096 tokens. You requested a total of 5000 tokens: 1000 tokens from the input messages and 4000 tokens for the completion.",
    904,
  ],
  [
    "This endpoint's maximum context length is 8192 tokens. However, you requested about 9500 tokens (4000 of text input, 500 of tool input, 5000 in the output).",
    1_308,
  ],
  [
    'This request requires more credits, or fewer max_tokens. You requested up to 65536 tokens, but can only afford 17554.',
    47_982,
  ],
])(
  'a refusal says by how many tokens an answer may be too long: %s',
  (message, tokensOver) => {
    expect(toRefusal(400, withMessage(message))).toMatchObject({
      kind: 'too many tokens',
      tokensOver,
    });
  },
);

test.each([
  [
    withMessage('no', { param: 'stream_options.include_usage' }),
    'stream_options.include_usage',
  ],
  [
    {
      detail: [
        { loc: ['body', 'messages', 0, 'name'], msg: 'Extra inputs are not permitted' },
      ],
    },
    'messages.0.name',
  ],
  [
    withMessage(
      'Invalid JSON payload received. Unknown name "strict" at \'tools[0].function\': Cannot find field.',
    ),
    'tools[0].function.strict',
  ],
  [
    withMessage('no', {
      details: [{ fieldViolations: [{ field: 'tools[3].parameters' }] }],
    }),
    'tools[3].parameters',
  ],
  [withMessage("got an unexpected keyword argument 'stream'"), 'stream'],
  [
    withMessage('Unrecognized request argument supplied: stream_options'),
    'stream_options',
  ],
  [{ errors: [{ path: ['reasoning_effort'], message: 'no' }] }, 'reasoning_effort'],
])('a refusal names its field: %j', (body, param) => {
  expect(toRefusal(400, body).params[0]).toBe(param);
});
