import type { RefusalKind } from '#src/provider/models/refusal.ts';

export const withMessage = (message: string, overrides: object = {}) => ({
  error: { message, ...overrides },
});
const makePage = (title: string) =>
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
export const groqTooLarge =
  'Request too large for model `m` in organization `o` on tokens per minute (TPM): Limit 6000, Requested 7200, please reduce your message size and try again.';

/** Refusals by their kind. Sentences are those of servers, or made up in the same manner. */
export const knownRefusals: readonly (readonly [
  RefusalKind,
  number,
  object | string,
])[] = [
  // Rate limits, also where the words beside a wait are about money
  [
    'rate',
    429,
    geminiQuota('GenerateRequestsPerMinutePerProjectPerModel-FreeTier', '23.5s'),
  ],
  ['rate', 429, geminiQuota('GenerateRequestsPerMinutePerProjectPerModel-FreeTier')],
  ['rate', 429, makePage('429 Too Many Requests')],
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
  ['too long', 413, makePage('413 Request Entity Too Large')],
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
  ['forbidden', 403, makePage('Attention Required! | Cloudflare')],
  ['forbidden', 403, makePage('403 Forbidden')],
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
  ['busy', 502, makePage('502 Bad Gateway')],
  ['busy', 424, ''],
  ['busy', 503, { error: 'Model is overloaded', error_type: 'overloaded' }],
  ['late', 504, makePage('504 Gateway Time-out')],
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

  // Further members of each kind
  [
    'rate',
    429,
    withMessage('The engine is currently overloaded, please try again later'),
  ],
  [
    'rate',
    429,
    withMessage('You are using a Trial key, which is limited to 40 API calls / minute'),
  ],
  [
    'rate',
    429,
    withMessage(
      'Rate limit of 50 per 86400s exceeded for UserByModelByDay. Please wait 40000 seconds before retrying.',
    ),
  ],
  [
    'rate',
    429,
    withMessage(
      'Rate limit exceeded: free-models-per-min. Add 10 credits to unlock more',
    ),
  ],
  [
    'rate',
    400,
    withMessage(
      'ThrottlingException: Too many tokens, please wait before trying again.',
    ),
  ],
  [
    'spent',
    429,
    withMessage('Requests per day limit exceeded - too many requests sent.'),
  ],
  [
    'spent',
    412,
    withMessage(
      'Account x is suspended, possibly due to reaching the monthly spending limit or failure to pay past invoices',
    ),
  ],
  ['spent', 403, withMessage("Your newly created team doesn't have any credits yet.")],
  [
    'spent',
    400,
    {
      code: 'Arrearage',
      message: 'Access denied, please make sure your account is in good standing.',
    },
  ],
  [
    'spent',
    400,
    withMessage(
      'Your credit balance is too low to access the API. Please go to Plans & Billing',
    ),
  ],
  [
    'spent',
    402,
    {
      err_code: 'ASR_PAYMENT_REQUIRED',
      err_msg: 'Project does not have enough credits.',
    },
  ],
  [
    'busy',
    503,
    withMessage('The model is overloaded. Please try again later.', {
      status: 'UNAVAILABLE',
    }),
  ],
  ['busy', 503, { error: 'Service Unavailable' }],
  ['loading', 503, withMessage('Model is not loaded yet')],
  ['loading', 425, { detail: 'still warming up' }],
  ['content', 446, withMessage('The guardrail checks defined in the config failed')],
  ['content', 400, withMessage('Output blocked by content filtering policy')],
  [
    'content',
    400,
    withMessage('The request was rejected because it was considered high risk', {
      type: 'content_filter',
    }),
  ],
  ['content', 400, withMessage('Input data may contain inappropriate content.')],
  [
    'too long',
    400,
    withMessage('Provider returned error', {
      metadata: {
        raw: '{"error":{"message":"This model\u0027s maximum context length is 256 tokens"}}',
      },
    }),
  ],
  [
    'too long',
    400,
    withMessage(
      "Invalid 'input': string too long. Expected a string with maximum length 4096",
      { code: 'string_above_max_length', param: 'input' },
    ),
  ],
  [
    'too long',
    400,
    withMessage(
      'The decoder prompt (length 5000) is longer than the maximum model length of 4096.',
    ),
  ],
  [
    'too long',
    400,
    withMessage(
      'Input length (5000 tokens) exceeds the maximum allowed length (4096 tokens)',
    ),
  ],
  ['too long', 400, withMessage('max_tokens must be at least 1, got -45.')],
  [
    'too long',
    400,
    withMessage(
      "This model's maximum context length is 65536 tokens. However, you requested 70000 tokens (69000 in the messages, 1000 in the completion).",
    ),
  ],
  [
    'request',
    400,
    withMessage(
      '`max_completion_tokens` must be less than or equal to `8192`, the maximum value for `max_completion_tokens` is less than the `context_window` for this model',
    ),
  ],
  [
    'request',
    404,
    withMessage(
      'No endpoints found that support tool use. To learn more, visit https://a.test',
    ),
  ],
  [
    'request',
    400,
    withMessage(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    ),
  ],
  [
    'request',
    400,
    withMessage("'messages[1].role' does not support 'system' with this model"),
  ],
  [
    'request',
    400,
    withMessage(
      '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
    ),
  ],
  ['request', 500, withMessage('tools param requires --jinja flag')],
  [
    'request',
    422,
    {
      detail: [
        {
          type: 'extra_forbidden',
          loc: ['body', 'stream_options'],
          msg: 'Extra inputs are not permitted',
          input: { billing: 'flagged' },
        },
      ],
    },
  ],
  [
    'request',
    400,
    withMessage(
      'Tool call id was call_0 but must be a-z, A-Z, 0-9, with a length of 9.',
      { type: 'invalid_function_call' },
    ),
  ],
  [
    'request',
    400,
    withMessage('Function call is missing a thought_signature in functionCall parts.', {
      status: 'INVALID_ARGUMENT',
    }),
  ],
  [
    'request',
    400,
    { error: 'registry.ollama.ai/library/gemma:2b does not support tools' },
  ],
  ['request', 400, withMessage('Audio file might be corrupted or unsupported')],
  ['request', 400, withMessage('Audio duration must be less than 30 seconds')],
  ['request', 500, { error: 'could not load model - all backends returned error' }],
  [
    'model',
    404,
    withMessage(
      'The model `gpt-4.1-mini` does not exist or you do not have access to it.',
    ),
  ],
  [
    'model',
    404,
    { detail: "Model 'Systran/faster-whisper-large-v3.5' is not installed locally." },
  ],
  ['model', 404, withMessage('no such deployment', { code: 'DeploymentNotFound' })],
  ['model', 403, withMessage('You are not allowed to sample from this model')],
  [
    'voice',
    400,
    {
      detail: {
        status: 'voice_not_found',
        message: 'A voice with the voice_id x was not found.',
      },
    },
  ],
  [
    'voice',
    400,
    {
      detail: {
        error: 'validation_error',
        message: "Voice 'alloy' not found. Available voices: af_bella",
      },
    },
  ],
  ['key', 400, withMessage('Incorrect API key provided')],
  [
    'key',
    403,
    withMessage(
      "Method doesn't allow unregistered callers. Please use API Key or other form of API consumer identity.",
    ),
  ],
  [
    'key',
    403,
    { success: false, errors: [{ code: 10000, message: 'Authentication error' }] },
  ],
  ['forbidden', 403, 'error code: 1020'],
  ['forbidden', 403, withMessage('Access denied. Please check your network settings.')],
  [
    'forbidden',
    400,
    withMessage('Organization has been restricted. Please reach out to support'),
  ],
  ['forbidden', 451, makePage('Unavailable For Legal Reasons')],
];
