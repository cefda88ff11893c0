// Proves: Azure OpenAI, and other vendors by fake (Gemini, Groq, OpenRouter, xAI, Azure: refusals)
import type { DialectRequest } from './dialect.ts';
import type { ServerRefusal, StrictManners } from './strict-server.ts';

type Body = DialectRequest['body'];
type Answer = Pick<ServerRefusal, 'body' | 'headers' | 'status'>;
type Message = { readonly role: string; readonly content?: unknown };

const tea = [{ match: /./, text: 'Tea.' }];
const listMessages = (body: unknown) => Object(body).messages as readonly Message[];

/** A chat server that answers so, so often, and then well. */
export const refusingChat = (answer: Answer, times = 1): StrictManners => ({
  replies: tea,
  refuses: [{ role: 'chat', times, ...answer }],
});

const toError = (message: string, overrides: object = {}) => ({
  error: { message, ...overrides },
});

/** Rate limits, with the wait in ms that their words tell. */
export const rateLimits: Readonly<
  Record<string, Answer & { readonly waitMs: number }>
> = {
  // https://ai.google.dev/gemini-api/docs/rate-limits; the body is a list with one error.
  'Gemini, by the minute': {
    waitMs: 23_500,
    status: 429,
    body: [
      toError(
        'You exceeded your current quota, please check your plan and billing details. * Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 10 Please retry in 23.5s.',
        {
          code: 429,
          status: 'RESOURCE_EXHAUSTED',
          details: [
            {
              '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
              violations: [
                { quotaId: 'GenerateRequestsPerMinutePerProjectPerModel-FreeTier' },
              ],
            },
            {
              '@type': 'type.googleapis.com/google.rpc.RetryInfo',
              retryDelay: '23.5s',
            },
          ],
        },
      ),
    ],
  },
  'Gemini, RetryInfo alone': {
    waitMs: 41_000,
    status: 429,
    body: [
      toError('Resource has been exhausted (e.g. check quota).', {
        code: 429,
        status: 'RESOURCE_EXHAUSTED',
        details: [
          { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '41s' },
        ],
      }),
    ],
  },
  // https://console.groq.com/docs/rate-limits: the sentence names the page for billing.
  'Groq, with a link to billing': {
    waitMs: 7_660,
    status: 429,
    body: toError(
      'Rate limit reached for model `llama-3.3-70b-versatile` in organization `org_1` service tier `on_demand` on tokens per minute (TPM): Limit 6000, Used 5800, Requested 966. Please try again in 7.66s. Need more tokens? Upgrade to Dev Tier today at https://console.groq.com/settings/billing',
      { type: 'tokens', code: 'rate_limit_exceeded' },
    ),
  },
  'OpenAI, minutes and seconds': {
    waitMs: 90_000,
    status: 429,
    body: toError('Rate limit reached for requests. Please try again in 1m30s.', {
      code: 'rate_limit_exceeded',
    }),
  },
  'Azure, in a sentence': {
    waitMs: 17_000,
    status: 429,
    body: toError(
      'Requests to the ChatCompletions_Create Operation have exceeded call rate limit of your current tier. Please retry after 17 seconds.',
      { code: '429' },
    ),
  },
};

const inHalfAMinute = () => new Date(Date.now() + 30_000);
const days = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
];

/** The three forms of a date in RFC 9110, section 5.6.7, half a minute from now. */
export const retryDates: Readonly<Record<string, () => string>> = {
  'IMF-fixdate': () => inHalfAMinute().toUTCString(),
  'the form of RFC 850': () => {
    const date = inHalfAMinute();
    const [, day, month, year = '', time] =
      /, (\d+) (\w+) (\d+) ([\d:]+)/.exec(date.toUTCString()) ?? [];
    return `${days[date.getUTCDay()]}, ${day}-${month}-${year.slice(2)} ${time} GMT`;
  },
  'the form of asctime': () => {
    const [, weekday, day = '', month, year, time] =
      /(\w+), (\d+) (\w+) (\d+) ([\d:]+)/.exec(inHalfAMinute().toUTCString()) ?? [];
    return `${weekday} ${month} ${`${Number(day)}`.padStart(2)} ${time} ${year}`;
  },
};

/** Servers whose model is not in memory yet. */
export const loadingAnswers: Readonly<Record<string, Answer>> = {
  // https://github.com/ggml-org/llama.cpp: tools/server, the state of loading
  'llama.cpp': {
    status: 503,
    body: toError('Loading model', { code: 503, type: 'unavailable_error' }),
  },
  // https://huggingface.co/docs/api-inference: the model is started on demand.
  'Hugging Face': {
    status: 503,
    body: { error: 'Model tea/tea-1b is currently loading', estimated_time: 0.2 },
  },
  'a server of FastAPI': { status: 503, body: { detail: 'Model is still warming up' } },
};

const maxTokensOf = (body: Body) =>
  Number(body.max_completion_tokens ?? body.max_tokens ?? 1e6);
const tooMany = 1_500;

const limitRequests = (
  status: number,
  toBody: (askedCount: number) => unknown,
): StrictManners => ({
  replies: tea,
  refuses: [
    {
      role: 'chat',
      isRefused: (body) => maxTokensOf(body as Body) > tooMany,
      status,
      body: (body: Body) => toBody(maxTokensOf(body)),
    },
  ],
});

/** Servers for which the allowed length of an answer counts, and that refuse a long one. */
export const lengthLimits: Readonly<Record<string, () => StrictManners>> = {
  Groq: () =>
    limitRequests(413, (askedCount) =>
      toError(
        `Request too large for model \`llama-3.3-70b-versatile\` in organization \`org_1\` service tier \`on_demand\` on tokens per minute (TPM): Limit ${tooMany + 500}, Requested ${askedCount + 500}, please reduce your message size and try again. Need more tokens? Upgrade to Dev Tier today at https://console.groq.com/settings/billing`,
        { type: 'tokens', code: 'rate_limit_exceeded' },
      ),
    ),
  OpenRouter: () =>
    limitRequests(402, (askedCount) =>
      toError(
        `This request requires more credits, or fewer max_tokens. You requested up to ${askedCount} tokens, but can only afford ${tooMany}.`,
        { code: 402 },
      ),
    ),
  vLLM: () =>
    limitRequests(400, (askedCount) =>
      toError(
        `'max_tokens' or 'max_completion_tokens' is too large: ${askedCount}. This model's maximum context length is ${tooMany + 500} tokens and your request has 500 input tokens (${askedCount} > ${tooMany + 500} - 500).`,
        { type: 'BadRequestError', code: 400 },
      ),
    ),
  'Anthropic by a proxy': () =>
    limitRequests(400, (askedCount) =>
      toError(
        `max_tokens: ${askedCount} > ${tooMany}, which is the maximum allowed number of output tokens for this model`,
        { type: 'invalid_request_error' },
      ),
    ),
};

/** Refusals of one question because of its content. The words of the question stand in some of them. */
export const moderations: Readonly<Record<string, Answer>> = {
  // https://openrouter.ai/docs/api-reference/errors: `flagged_input`
  OpenRouter: {
    status: 403,
    body: toError('Your input was flagged', {
      code: 403,
      metadata: {
        reasons: ['violence'],
        flagged_input: 'hello marzipan',
        provider_name: 'OpenAI',
      },
    }),
  },
  // https://docs.x.ai: the sentence stands in `error` itself.
  xAI: {
    status: 403,
    body: {
      code: 'The caller does not have permission to execute the specified operation',
      error:
        'Content violates usage guidelines. Team: t, Failed check: SAFETY_CHECK_TYPE_BIO',
    },
  },
  // https://docs.litellm.ai/docs/proxy/guardrails
  'LiteLLM with a guardrail': {
    status: 403,
    body: toError("Violated guardrail policy: 'hello marzipan'", {
      type: 'None',
      code: '403',
    }),
  },
  'Cloudflare with a guardrail': {
    status: 403,
    body: {
      success: false,
      error: [{ code: 2016, message: 'Prompt blocked due to security configurations' }],
    },
  },
  // https://learn.microsoft.com/azure/ai-services/openai/concepts/content-filter
  Azure: {
    status: 400,
    body: toError(
      "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
      { code: 'content_filter', param: 'prompt', status: 400 },
    ),
  },
};

/** Keys that are really refused, with the same status. */
export const refusedKeys: Readonly<Record<string, Answer>> = {
  'an invalid key': {
    status: 403,
    body: toError('Invalid API key provided.', { code: 'invalid_api_key' }),
  },
  // https://ai.google.dev/gemini-api/docs/troubleshooting: the status of Google's gateway
  'a key of another project': {
    status: 403,
    body: [
      toError('Permission denied: API key not valid. Please pass a valid API key.', {
        code: 403,
        status: 'PERMISSION_DENIED',
      }),
    ],
  },
};

const hasAlternation = (body: unknown) => {
  const roles = listMessages(body).map(({ role }) => role);
  const talk = roles[0] === 'system' ? roles.slice(1) : roles;
  return talk.every((role, at) => role === (at % 2 === 0 ? 'user' : 'assistant'));
};

/** A template that takes nothing but turns of user and assistant: Gemma 3, Mistral, Devstral. */
export const makeAlternating = (status: number): StrictManners => ({
  replies: tea,
  refuses: [
    {
      role: 'chat',
      isRefused: (body) => !hasAlternation(body),
      status,
      body: toError(
        'Conversation roles must alternate user/assistant/user/assistant/...',
        { type: 'BadRequestError', code: status },
      ),
    },
  ],
});

/** Servers whose template knows no instructions: Gemma 2 and old Mistral. */
export const systemRefusals: Readonly<Record<string, Answer>> = {
  // https://huggingface.co/google/gemma-2-9b-it: chat_template
  'Gemma 2': {
    status: 400,
    body: toError('System role not supported', { type: 'BadRequestError', code: 400 }),
  },
  // https://github.com/EricLBuehler/mistral.rs/issues/506
  'mistral.rs': {
    status: 500,
    body: { message: 'template: System role not supported' },
  },
  'an unknown one': {
    status: 422,
    body: { detail: "messages.0.role: Input should be 'user', 'assistant' or 'tool'" },
  },
};

export const refusingSystem = (answer: Answer): StrictManners => ({
  replies: [
    { match: 'Be brief', text: 'Tea.' },
    { match: /./, text: 'I was told nothing.' },
  ],
  refuses: [
    {
      role: 'chat',
      isRefused: (body) => listMessages(body).some(({ role }) => role === 'system'),
      ...answer,
    },
  ],
});
