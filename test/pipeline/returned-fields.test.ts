import { openEngines, openPipelines } from '#src/app/engines/open-engines.ts';
import type { ChatMessage } from '#src/chat/chat-model.ts';
import { openChatModel } from '#src/chat/completions/openai-chat.ts';
import { createTextPipeline } from '#src/pipeline/chained-pipeline.ts';
import { openClient } from '#src/provider/api-client.ts';
import { readGoodSettings } from '#test/config/read-settings.ts';
import {
  FakeHost,
  joinTexts,
  makeTurn,
  toUtterance,
} from '#test/contracts/pipeline-contract.ts';
import {
  type DialectReply,
  type DialectRequest,
  openDialect,
  replyEvents,
  replyJson,
} from '#test/fakes/dialects/dialect.ts';
import { makeDelta } from '#test/fakes/providers/mock-audio-chat.ts';
import { openMockProviders } from '#test/fakes/providers/mock-providers.ts';

const signature = 'c2lnbmVkIHRob3VnaHQ=';
const extra_content = { google: { thought_signature: signature } };
const lampCall = { name: 'lamp', arguments: '{"on":true}' };
const call = { index: 0, id: 'function-call-1', type: 'function', function: lampCall };
const { index: _, ...wholeCall } = call;

type SentMessage = {
  readonly role: string;
  readonly content?: unknown;
  readonly tool_calls?: readonly Record<string, unknown>[];
} & Record<string, unknown>;

const listMessages = ({ body }: DialectRequest) => body.messages as SentMessage[];
const findCalls = (request: DialectRequest) =>
  listMessages(request).find(({ tool_calls }) => tool_calls);
const makeAnswered = (content = 'The lamp is on.') =>
  replyEvents(makeDelta({ content }), makeDelta({}, 'stop'));

/** A server that answers requests in turn, the last way again and again, and notes them. */
async function openServer(
  ...replies: readonly ((request: DialectRequest) => DialectReply)[]
) {
  const requests: DialectRequest[] = [];
  const served = await openDialect({
    routes: {
      'POST /v1/chat/completions': (request) => {
        const reply = replies[Math.min(requests.length, replies.length - 1)];
        requests.push(request);
        return reply?.(request) ?? makeAnswered();
      },
    },
  });
  return {
    requests,
    baseUrl: `${served.origin}/v1`,
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
}

/** Gemini, which refuses a call that comes back without its signature. */
const geminiReplies = [
  () =>
    replyEvents(
      makeDelta({ role: 'assistant', tool_calls: [{ ...call, extra_content }] }),
      makeDelta({ role: 'assistant' }, 'tool_calls'),
    ),
  (request: DialectRequest) => {
    const isSigned =
      JSON.stringify(findCalls(request)?.tool_calls?.[0]?.extra_content) ===
      JSON.stringify(extra_content);
    if (isSigned) return makeAnswered();
    const message =
      'Function call is missing a thought_signature in functionCall parts.';
    return replyJson(
      [{ error: { code: 400, message, status: 'INVALID_ARGUMENT' } }],
      400,
    );
  },
];

async function openTalk(settings: Readonly<Record<string, string>>) {
  const stack = new AsyncDisposableStack();
  const mock = stack.use(await openMockProviders({ replies: [] }));
  const config = readGoodSettings({
    TRANSCRIPTION_BASE_URL: mock.baseUrl,
    SPEECH_BASE_URL: mock.baseUrl,
    ...settings,
  });
  const engines = stack.use(await openEngines(config, () => undefined));
  const pipelines = openPipelines(config.engines, engines, engines.chat('Nova'));
  const host = new FakeHost();
  host.release();
  const askPipeline = async (text: string, history: readonly ChatMessage[] = []) => {
    const turn = { ...makeTurn(toUtterance(text)), history };
    const answer = pipelines
      .open('chained')
      .answer(turn, host, AbortSignal.timeout(50_000));
    const replyParts = await Array.fromAsync(answer);
    const heard = replyParts.flatMap((part) =>
      part.kind === 'audio' && part.begins ? [part.ofText] : [],
    );
    return { text: joinTexts(replyParts), heard };
  };
  return { ask: askPipeline, host, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test('a signed call goes back signed: its tool runs once, the answer is heard, and the next question holds no signature', async () => {
  await using gemini = await openServer(...geminiReplies, () => makeAnswered('Yes.'));
  await using talk = await openTalk({
    CHAT_COMPLETION_BASE_URL: gemini.baseUrl,
    CHAT_COMPLETION_MODEL: 'gemini-3-flash',
  });
  expect(await talk.ask('Lamp on, please.')).toEqual({
    text: 'The lamp is on.',
    heard: ['The lamp is on.'],
  });
  expect(talk.host.ran).toHaveLength(1);
  const history = [
    { role: 'user', name: 'Ana', content: 'Lamp on, please.' },
    { role: 'assistant', content: 'The lamp is on.' },
  ] as const;
  expect((await talk.ask('Is it?', history)).text).toBe('Yes.');
  expect(gemini.requests).toHaveLength(3);
  expect(JSON.stringify(gemini.requests[2]?.body)).not.toContain(signature);
});

test('a fallback reads the call of another server as words, without its signature', async () => {
  const loseRequest = () => replyJson({ error: { message: 'overloaded' } }, 503);
  await using gemini = await openServer(geminiReplies[0] ?? loseRequest, loseRequest);
  await using fallback = await openServer(() => makeAnswered());
  await using talk = await openTalk({
    CHAT_COMPLETION_BASE_URL: gemini.baseUrl,
    CHAT_COMPLETION_MODEL: 'gemini-3-flash',
    CHAT_COMPLETION_FALLBACK_BASE_URL: fallback.baseUrl,
    CHAT_COMPLETION_FALLBACK_MODEL: 'other',
  });
  expect((await talk.ask('Lamp on, please.')).heard).toEqual(['The lamp is on.']);
  expect(talk.host.ran).toHaveLength(1);
  expect(fallback.requests).toHaveLength(1);
  const [request] = fallback.requests;
  expect(JSON.stringify(request?.body)).not.toContain(signature);
  const [, ...turns] = request ? listMessages(request) : [];
  expect(turns.map(({ role }) => role)).toEqual(['user']);
  expect(turns[0]?.content).toContain('lamp {"on":true}: done');
});

const toChunk = (fields: object) => makeDelta(fields);
const reasonedCall = toChunk({ tool_calls: [call] });

/** Asks with a tool, and returns the message with the call as it came back. */
async function readReturned(first: DialectReply) {
  const whole = { choices: [{ message: { content: 'The lamp is on.' } }] };
  await using server = await openServer((request) => {
    if (!findCalls(request)) return first;
    return request.body.stream ? makeAnswered() : replyJson(whole);
  });
  const model = openChatModel(openClient({ baseUrl: server.baseUrl }), { model: 'm' });
  const host = new FakeHost();
  host.release();
  const answer = createTextPipeline(model).answer(
    makeTurn({ ...toUtterance('Lamp on.'), pcm: undefined }),
    host,
    new AbortController().signal,
  );
  const text = joinTexts(await Array.fromAsync(answer));
  const last = server.requests.at(-1);
  return { text, message: last && findCalls(last), ran: host.ran };
}

const makeThought = (piece: string, index?: number) => ({
  type: 'reasoning.text',
  text: piece,
  ...(index !== undefined && { index }),
});

test.each<[string, DialectReply, object, object?]>([
  [
    'in the delta of the call',
    replyEvents(toChunk({ tool_calls: [{ ...call, extra_content }] })),
    {},
    { extra_content },
  ],
  [
    'in a later delta of the call',
    replyEvents(reasonedCall, toChunk({ tool_calls: [{ index: 0, extra_content }] })),
    {},
    { extra_content },
  ],
  [
    'beside the arguments',
    replyEvents(
      toChunk({
        tool_calls: [{ ...call, function: { ...lampCall, thought_signature: 'a' } }],
      }),
    ),
    {},
    { function: { ...lampCall, thought_signature: 'a' } },
  ],
  [
    'in the last delta',
    replyEvents(
      reasonedCall,
      makeDelta({ provider_specific_fields: { thought_signatures: ['a'] } }, 'stop'),
    ),
    { provider_specific_fields: { thought_signatures: ['a'] } },
  ],
  [
    'as thoughts in pieces',
    replyEvents(
      toChunk({ reasoning_content: 'The user', reasoning: 'The ' }),
      toChunk({ reasoning_content: ' wants light.', reasoning: 'user', x_kind: 'a' }),
      toChunk({ x_kind: 'b', nothing: null, none: [], annotations: [{}] }),
      reasonedCall,
    ),
    {
      reasoning_content: 'The user wants light.',
      reasoning: 'The user',
      x_kind: 'b',
    },
  ],
  [
    'as details with an index, in pieces',
    replyEvents(
      toChunk({ reasoning_details: [makeThought('The ', 0)] }),
      toChunk({ reasoning_details: [makeThought('user', 0)] }),
      toChunk({
        reasoning_details: [
          { type: 'reasoning.text', signature: 'a', index: 0 },
          { type: 'reasoning.encrypted', data: 'x', id: 'one', index: 0 },
          { type: 'reasoning.encrypted', data: 'y', id: 'two', index: 0 },
        ],
      }),
      reasonedCall,
    ),
    {
      reasoning_details: [
        { ...makeThought('The user', 0), signature: 'a' },
        { type: 'reasoning.encrypted', data: 'x', id: 'one', index: 0 },
        { type: 'reasoning.encrypted', data: 'y', id: 'two', index: 0 },
      ],
    },
  ],
  [
    'as blocks without an index, each ended by a signature',
    replyEvents(
      toChunk({ thinking_blocks: [{ type: 'thinking', thinking: 'One' }] }),
      toChunk({ thinking_blocks: [{ type: 'thinking', thinking: ' more' }] }),
      toChunk({ thinking_blocks: [{ type: 'thinking', signature: 'a' }] }),
      toChunk({ thinking_blocks: [{ type: 'thinking', thinking: 'Two' }] }),
      toChunk({ thinking_blocks: [{ type: 'redacted_thinking', data: 'x' }] }),
      reasonedCall,
    ),
    {
      thinking_blocks: [
        { type: 'thinking', thinking: 'One more', signature: 'a' },
        { type: 'thinking', thinking: 'Two' },
        { type: 'redacted_thinking', data: 'x' },
      ],
    },
  ],
  [
    'as messages in place of deltas',
    replyEvents(
      { choices: [{ message: { reasoning_content: 'Light' } }] },
      { choices: [{ message: { reasoning_content: ', then.' } }] },
      { choices: [{ message: { tool_calls: [call] }, finish_reason: 'tool_calls' }] },
    ),
    { reasoning_content: 'Light, then.' },
  ],
  [
    'in deltas and once more in a whole message',
    replyEvents(
      toChunk({ reasoning_content: 'Light' }),
      toChunk({ reasoning_content: ', then.' }),
      reasonedCall,
      {
        choices: [
          { delta: {}, message: { reasoning_content: 'Light, then.', signature: 'a' } },
        ],
      },
    ),
    { reasoning_content: 'Light, then.', signature: 'a' },
  ],
  [
    'in a whole message, nested and of any type',
    replyJson({
      choices: [
        {
          message: {
            content: null,
            unheard_of: [1, { deep: [true] }],
            tool_calls: [{ ...wholeCall, extra_content }],
          },
          finish_reason: 'tool_calls',
        },
      ],
    }),
    { unheard_of: [1, { deep: [true] }] },
    { extra_content },
  ],
])('what came %s goes back with the call', async (_, reply, ofMessage, ofCall = {}) => {
  const { text: said, message, ran } = await readReturned(reply);
  expect(said).toBe('The lamp is on.');
  expect(ran).toHaveLength(1);
  expect(message).toEqual({
    role: 'assistant',
    content: null,
    tool_calls: [{ ...wholeCall, ...ofCall }],
    ...ofMessage,
  });
});

test('thoughts without end leave room for the signature behind them', async () => {
  const piece = toChunk({ reasoning_content: 'so on '.repeat(10_000) });
  const { message } = await readReturned(
    replyEvents(
      ...Array.from({ length: 20 }, () => piece),
      toChunk({ tool_calls: [{ ...call, extra_content }] }),
    ),
  );
  expect(message?.tool_calls?.[0]).toMatchObject({ extra_content });
  const { length } = JSON.stringify(message);
  expect(length).toBeGreaterThan(50_000);
  expect(length).toBeLessThan(2 ** 18);
});

test.each([
  ['no id', [{ function: lampCall }]],
  ['one id twice', [call, { ...call, index: 1 }]],
  ['a call in words', '<tool_call>{"name":"lamp","arguments":{}}</tool_call>'],
])('an answer with %s gets ids of nine letters and digits', async (_, sent) => {
  const fields = typeof sent === 'string' ? { content: sent } : { tool_calls: sent };
  const { message } = await readReturned(
    replyEvents(makeDelta(fields), makeDelta({}, 'stop')),
  );
  const ids = (message?.tool_calls ?? []).map(({ id }) => `${id}`);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.at(-1)).toMatch(/^[a-zA-Z0-9]{9}$/);
});
