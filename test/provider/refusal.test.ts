import type { ServerResponse } from 'node:http';
import { APIError } from 'openai/core/error';
import { realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { openChatModel } from '#src/chat/completions/openai-chat.ts';
import { createChatChain } from '#src/chat/metered-chat.ts';
import { type ApiClient, openClient } from '#src/provider/api-client.ts';
import { classifyRefusal } from '#src/provider/models/refusal.ts';
import {
  createSynthesizerChain,
  createTranscriberChain,
} from '#src/speech/fallbacks/speech-chains.ts';
import { OpenAiSynthesizer } from '#src/speech/openai/openai-synthesizer.ts';
import { OpenAiTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import { makeChain } from '#test/fakes/fallback-chains.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { speakWords } from '#test/fakes/tone-words.ts';
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

const staying = new AbortController().signal;
const utterance = 'my pin is four seven one one';

type Quote = (quoted: string, response: ServerResponse) => void;

/** A server that answers whatever is asked with what was asked. */
async function failureAt(
  quote: Quote,
  ask: (baseUrl: string) => AsyncIterable<unknown>,
) {
  await using served = await openListeningServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    quote(body, response);
  });
  try {
    for await (const _ of ask(`${served.origin}/v1`));
  } catch (error) {
    if (error instanceof BotError) return error;
    throw error;
  }
  throw new Error('It did not fail.');
}

const asChat = (baseUrl: string) => {
  const model = openChatModel(openClient({ baseUrl }), { model: 'm' });
  return model.reply([{ role: 'user', name: 'Eva', content: utterance }], [], staying);
};
const asSpeech = (baseUrl: string) => {
  const voice = new OpenAiSynthesizer(openClient({ baseUrl }), {
    model: 'm',
    voice: 'v',
    format: 'pcm',
  });
  return voice.synthesize(utterance, {}, staying);
};

/** The words of sound are known to nobody but the server. */
const asSound = (baseUrl: string) => {
  const model = openChatModel(openClient({ baseUrl }), { model: 'm' });
  const sound = {
    role: 'user',
    name: '',
    content: '',
    wav: Buffer.from(utterance),
    getWords: () => Promise.resolve(utterance),
  } as const;
  return model.reply([sound], [], staying);
};
const asUpload = (baseUrl: string) => {
  const transcriber = new OpenAiTranscriber(openClient({ baseUrl }), { model: 'm' });
  return transcriber.transcribe(speakWords('nova one two three').pcm, staying);
};

const withStatus =
  (status: number): Quote =>
  (quoted, response) => {
    const error = {
      message: `Flagged: ${utterance} ${quoted}`,
      type: 'invalid_request_error',
      code: quoted,
    };
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error }));
  };
const inStream: Quote = (quoted, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const error = { message: `${utterance} ${quoted}`, code: 'content_filter' };
  response.end(`data: ${JSON.stringify({ error })}\n\n`);
};
const asJson: Quote = (quoted, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { message: `${utterance} ${quoted}` } }));
};
const asPage: Quote = (quoted, response) => {
  response.writeHead(403, { 'content-type': 'text/html' });
  response.end(`<!DOCTYPE html><title>Attention</title>${utterance} ${quoted}`);
};
const brokenStream: Quote = (quoted, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(`data: {"choices": ${quoted.replaceAll('"', '')}\n\n`);
};

const statuses = [
  400, 401, 402, 403, 404, 408, 409, 413, 418, 422, 424, 429, 451, 500, 503, 504, 529,
];
const cases: readonly [string, Quote][] = [
  ...statuses.map((status): [string, Quote] => [
    `the status ${status}`,
    withStatus(status),
  ]),
  ['an error inside a stream', inStream],
  ['an error in place of an answer', asJson],
  ['a page of a firewall', asPage],
  ['a stream that is no JSON', brokenStream],
];

test.each(cases)(
  'what somebody said and a server quotes in %s is not in the sentence for the log',
  async (_, quote) => {
    for (const ask of [asChat, asSpeech, asSound, asUpload]) {
      const error = await failureAt(quote, ask);
      expect(error.message).not.toContain('four seven');
      expect(`${error.cause}`).not.toContain('four seven');
    }
  },
);

test.each([401, 403, 404])(
  'why a server refuses the key or the model (%i) is told',
  async (status) => {
    const reportError: Quote = (_, response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end('{"error":{"message":"no such model"}}');
    };
    expect((await failureAt(reportError, asChat)).message).toContain('no such model');
  },
);

type Answer = { readonly type: string; readonly body: string | Buffer };
type Refusal = Answer & {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
};

const json = 'application/json';
const refusals: readonly Refusal[] = [
  {
    status: 503,
    type: json,
    body: '{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}',
  },
  {
    status: 503,
    type: json,
    body: '{"error":"Please be patient","estimated_time":20.5}',
  },
  {
    status: 503,
    type: 'text/plain',
    body: 'The model is warming up',
    headers: { 'retry-after': '2' },
  },
];

/** A clock on which nobody waits, and the waits that were asked of it. */
function createHastyClock() {
  const waitsMs: number[] = [];
  const sleepNoted = async (ms: number) => void waitsMs.push(ms);
  return { clock: { ...realClock, sleep: sleepNoted }, waitsMs };
}

type HastyClock = ReturnType<typeof createHastyClock>['clock'];

const answers = {
  chat: {
    type: 'text/event-stream',
    body: 'data: {"choices":[{"delta":{"content":"Five."},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
  },
  'speech to text': { type: json, body: '{"text":"five"}' },
  'text to speech': { type: 'audio/pcm', body: Buffer.alloc(4_800, 200) },
} as const;

const asks = {
  chat: (client: ApiClient, clock: HastyClock) =>
    createChatChain(
      makeChain('chat', [openChatModel(client, { model: 'm' })], clock).chain,
    ).reply([{ role: 'user', name: 'Eva', content: 'How many?' }], [], staying),
  'speech to text': (client: ApiClient, clock: HastyClock) =>
    createTranscriberChain(
      makeChain(
        'speech to text',
        [new OpenAiTranscriber(client, { model: 'm' })],
        clock,
      ).chain,
      false,
    ).transcribe(speakWords('one two three four').pcm, staying),
  'text to speech': (client: ApiClient, clock: HastyClock) =>
    createSynthesizerChain(
      makeChain(
        'text to speech',
        [new OpenAiSynthesizer(client, { model: 'm', voice: 'v', format: 'pcm' })],
        clock,
      ).chain,
    ).synthesize('Five.', {}, staying),
} as const;

test.each(['chat', 'speech to text', 'text to speech'] as const)(
  'a server for %s that is still loading its model is asked again until it answers',
  async (role) => {
    const left = [...refusals];
    await using served = await openListeningServer(async (request, response) => {
      for await (const _ of request);
      const { status, type, body, headers } = {
        status: 200,
        headers: {},
        ...answers[role],
        ...left.shift(),
      };
      response.writeHead(status, { 'content-type': type, ...headers }).end(body);
    });
    const { clock, waitsMs } = createHastyClock();
    const client = openClient({ baseUrl: `${served.origin}/v1` });
    const pieces = await Array.fromAsync<unknown>(asks[role](client, clock));
    expect(pieces.length).toBeGreaterThan(0);
    expect(waitsMs).toEqual([1_000, 1_000, 2_000]);
  },
);
