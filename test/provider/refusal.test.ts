import { APIError } from 'openai/core/error';
import { BotError } from '#src/base/errors.ts';
import { classifyRefusal, type RefusalKind } from '#src/provider/models/refusal.ts';

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

const withMessage = (message: string, more: object = {}) => ({
  error: { message, ...more },
});
const page = (title: string) =>
  `<!DOCTYPE html><html><head><title>${title}</title></head><body>Billing, quota, voice not found</body></html>`;
const geminiQuota = (quotaId: string, wait?: string) => [
  {
    error: {
      code: 429,
      message: `You exceeded your current quota, please check your plan and billing details.\n* Quota exceeded for metric: generate_content_free_tier_requests, limit: 10${wait ? `\nPlease retry in ${wait}.` : ''}`,
      status: 'RESOURCE_EXHAUSTED',
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
          violations: [{ quotaId }],
        },
      ],
    },
  },
];
const groqTooLarge =
  'Request too large for model `m` in organization `o` on tokens per minute (TPM): Limit 6000, Requested 7200, please reduce your message size and try again.';

/** Refusals by their kind. Sentences are those of servers, or made up in the same manner. */
const refusals: readonly (readonly [RefusalKind, number, object | string])[] = [
  // Rate limits, also where the words beside a wait are about money
  [
    'rate',
    429,
    geminiQuota('GenerateRequestsPerMinutePerProjectPerModel-FreeTier', '23.5s'),
  ],
  ['rate', 429, geminiQuota('GenerateRequestsPerMinutePerProjectPerModel-FreeTier')],
  ['rate', 429, page('429 Too Many Requests')],
  [
    'rate',
    429,
    withMessage(
      'Rate limit reached on tokens per min. Limit 10000, Used 9500, Requested 900. Please try again in 20s. Add a payment method to your account.',
    ),
  ],
  [
    'rate',
    429,
    withMessage(
      'Rate limit reached on requests per day (RPD): Limit 200, Used 200, Requested 1. Please try again in 5h12m. Need more? https://example.test/settings/billing',
    ),
  ],
  ['rate', 402, withMessage('Out of credits for now, try again in 20 seconds')],
  ['rate', 403, withMessage('Quota exceeded', { code: 'rateLimitExceeded' })],
  // Accounts without money
  ['spent', 429, geminiQuota('GenerateRequestsPerDayPerProjectPerModel-FreeTier')],
  ['spent', 429, withMessage('no', { code: 'insufficient_quota' })],
  ['spent', 402, ''],
  ['spent', 402, { detail: 'Insufficient Balance' }],
  [
    'spent',
    400,
    withMessage('Budget has been exceeded! Current cost: 0.2, max budget: 0.1', {
      type: 'budget_exceeded',
    }),
  ],
  [
    'spent',
    401,
    {
      detail: {
        status: 'quota_exceeded',
        message: 'You have 3 credits remaining, while 20 credits are required.',
      },
    },
  ],
  ['spent', 403, withMessage('This API method requires billing to be enabled.')],
  ['spent', 429, withMessage('\u4f59\u989d\u4e0d\u8db3')],
  // Models that are loading
  [
    'loading',
    503,
    { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } },
  ],
  [
    'loading',
    503,
    { error: 'Model openai/whisper is currently loading', estimated_time: 20.5 },
  ],
  ['loading', 500, withMessage('llm server loading model')],
  ['loading', 503, { detail: 'TTS service not initialized' }],
  [
    'loading',
    503,
    { error: 'The model is currently scaling. Please try again later.' },
  ],
  ['loading', 503, { detail: 'The engine is sleeping' }],
  ['loading', 503, 'Cold start in progress'],
  ['loading', 503, { message: 'Model kokoro is not ready' }],
  ['loading', 409, { error: 'the weights are still downloading' }],
  // Content that a server does not want, whatever its status
  [
    'content',
    403,
    {
      error: {
        message: 'm requires moderation and your input was flagged for "violence"',
        code: 403,
        metadata: { reasons: ['violence'], flagged_input: 'billing' },
      },
    },
  ],
  [
    'content',
    403,
    {
      code: 'The caller does not have permission',
      error: 'Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO',
    },
  ],
  [
    'content',
    400,
    {
      error: {
        message: 'The response was filtered',
        code: 'content_filter',
        innererror: { code: 'ResponsibleAIPolicyViolation' },
      },
    },
  ],
  ['content', 400, withMessage('Violated guardrail policy')],
  ['content', 400, withMessage('blocked', { code: 'data_inspection_failed' })],
  ['content', 400, withMessage('GUARDRAIL_INTERVENED')],
  ['content', 451, { error: { message: 'no', type: 'censorship_blocked' } }],
  [
    'content',
    400,
    withMessage(
      '\u53ef\u80fd\u5305\u542b\u4e0d\u5b89\u5168\u6216\u654f\u611f\u5185\u5bb9',
      { code: '1301' },
    ),
  ],
  // Prompts without room
  [
    'too long',
    400,
    withMessage(
      "This model's maximum context length is 256 tokens. Please reduce the length of the messages or tools.",
    ),
  ],
  [
    'too long',
    400,
    { error: { message: 'no', type: 'exceed_context_size_error', n_ctx: 256 } },
  ],
  ['too long', 400, withMessage('prompt is too long: 205000 tokens > 200000 maximum')],
  ['too long', 413, page('413 Request Entity Too Large')],
  [
    'too long',
    413,
    withMessage('Request body too large for m. Max size: 8000 tokens.'),
  ],
  // Answers without room
  ['too many tokens', 413, withMessage(groqTooLarge)],
  // Keys
  ['key', 401, ''],
  ['key', 401, withMessage('no')],
  ['key', 403, { detail: 'Not authenticated' }],
  [
    'key',
    403,
    withMessage('The caller does not have permission', { status: 'PERMISSION_DENIED' }),
  ],
  ['key', 400, withMessage('API key not valid. Please pass a valid API key.')],
  // What a key may not do
  ['forbidden', 403, page('Attention Required! | Cloudflare')],
  ['forbidden', 403, page('403 Forbidden')],
  [
    'forbidden',
    403,
    withMessage('Country, region, or territory not supported', {
      code: 'unsupported_country_region_territory',
    }),
  ],
  ['forbidden', 400, withMessage('User location is not supported for the API use.')],
  [
    'forbidden',
    403,
    withMessage(
      'Generative API has not been used in project 5 before or it is disabled.',
    ),
  ],
  ['forbidden', 403, ''],
  [
    'model',
    403,
    withMessage('Project `p` does not have access to model `gpt-9`', {
      code: 'model_not_found',
    }),
  ],
  ['model', 404, withMessage('The model `m` does not exist.')],
  ['model', 400, withMessage('m-1 is not a valid model ID')],
  ['model', 404, { error: 'model "m" not found, try pulling it first' }],
  ['voice', 400, withMessage("Voice 'alloy' is not available")],
  [
    'voice',
    422,
    {
      detail: [
        {
          type: 'literal_error',
          loc: ['body', 'voice'],
          msg: "Input should be 'a' or 'b'",
          input: 'alloy',
        },
      ],
    },
  ],
  // Calls that a model wrote badly
  [
    'malformed call',
    400,
    withMessage('Failed to call a function.', {
      code: 'tool_use_failed',
      failed_generation: '<function=lamp>',
    }),
  ],
  ['malformed call', 500, { error: 'error parsing tool call: raw' }],
  // Sound without a word
  [
    'too short sound',
    400,
    withMessage('Audio file is too short. Minimum audio length is 0.1 seconds.', {
      code: 'audio_too_short',
    }),
  ],
  ['too short sound', 422, { detail: 'No speech detected' }],
  ['too short sound', 500, 'could not decode: the clip is shorter than a frame'],
  // Busy servers and proxies
  ['busy', 529, withMessage('Overloaded', { type: 'overloaded_error' })],
  ['busy', 502, page('502 Bad Gateway')],
  ['busy', 424, ''],
  ['busy', 503, { error: 'Model is overloaded', error_type: 'overloaded' }],
  ['late', 504, page('504 Gateway Time-out')],
  // Another form of the request may help
  [
    'request',
    400,
    withMessage('Unrecognized request argument supplied: stream_options'),
  ],
  ['request', 400, withMessage("Unknown parameter: 'voice'.", { param: 'voice' })],
  ['request', 400, withMessage('m does not support tools')],
  ['request', 500, withMessage("unexpected keyword argument 'stream'")],
  ['request', 500, 'Internal Server Error'],
  ['request', 400, withMessage('`response_format` must be one of [wav]')],
  ['request', 404, { detail: 'Not Found' }],
  ['request', 400, withMessage('Conversation roles must alternate user/assistant')],
  ['request', 500, { error: 'error loading model: failed to load it' }],
];

test.each(refusals)('a refusal is one of %s: %i %j', (kind, status, body) => {
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
