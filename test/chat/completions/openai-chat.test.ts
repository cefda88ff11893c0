import type { ChatMessage, SentFields, Tool } from '#src/chat/chat-model.ts';
import { testChatModel } from '#test/contracts/chat-model-contract.ts';
import {
  answerStream,
  answerWithJson,
  makeDelta,
} from '#test/fakes/providers/mock-audio-chat.ts';
import {
  hello,
  joinText,
  openChatServer as open,
  stopChunk,
  toSaidChunk,
} from './chat-server.ts';

const never = new AbortController().signal;

testChatModel('a model behind a server', () =>
  open([
    answerStream([
      toSaidChunk('It is'),
      toSaidChunk(' four'),
      toSaidChunk(' now.'),
      stopChunk,
    ]),
  ]),
);

/** Fields that ask thinking off. */
const withoutThinking = {
  reasoning_effort: 'none',
  chat_template_kwargs: { enable_thinking: false, thinking: false },
};

test('a stream is asked for with usage and without padding', async () => {
  await using server = await open([answerStream([toSaidChunk('Hi.'), stopChunk])], {
    maxTokens: 50,
  });
  const tool: Tool = {
    name: 'clock',
    description: 'Tells time.',
    parameters: { type: 'object' },
  };
  await server.ask([hello], [tool]);
  expect(server.bodies).toEqual([
    {
      model: 'mock',
      messages: [{ role: 'user', content: 'Ana: hello' }],
      stream: true,
      stream_options: { include_usage: true, include_obfuscation: false },
      max_completion_tokens: 50,
      ...withoutThinking,
      tools: [{ type: 'function', function: tool }],
    },
  ]);
});

test('reasoning is never text, in whatever field or tag it comes', async () => {
  const chunks = [
    makeDelta({ role: 'assistant', content: '', reasoning: 'secret' }),
    makeDelta({ reasoning_content: 'secret' }),
    ...['<thi', 'nk>sec', 'ret</th', 'ink>\n', 'It is', ' four.'].map(toSaidChunk),
    toSaidChunk([
      { type: 'thinking', thinking: 'secret' },
      { type: 'text', text: ' Bye.' },
    ]),
    stopChunk,
  ];
  await using server = await open([answerStream(chunks)]);
  expect(joinText((await server.ask()).parts)).toBe('It is four. Bye.');
});

test('usage is told once, as the last count of the server', async () => {
  const makeUsage = (completion_tokens: number) => ({
    usage: { prompt_tokens: 9, completion_tokens },
  });
  const chunks = [
    { ...toSaidChunk('Hi.'), ...makeUsage(1) },
    stopChunk,
    { choices: [], ...makeUsage(3) },
    { choices: null },
    { object: 'ping' },
  ];
  await using server = await open([answerStream(chunks)]);
  expect((await server.ask()).parts).toEqual([
    { kind: 'text', text: 'Hi.' },
    { kind: 'usage', usage: { inputTokens: 9, outputTokens: 3, by: server.by } },
  ]);
});

test('usage tells which tokens were sound, and which were cached', async () => {
  const usage = {
    prompt_tokens: 90,
    completion_tokens: 30,
    prompt_tokens_details: { audio_tokens: 40, cached_tokens: 20 },
    completion_tokens_details: { audio_tokens: 25 },
  };
  await using server = await open([
    answerStream([toSaidChunk('Hi.'), stopChunk, { choices: [], usage }]),
  ]);
  expect((await server.ask()).parts.at(-1)).toMatchObject({
    usage: { audioInputTokens: 40, audioOutputTokens: 25, cachedInputTokens: 20 },
  });
});

test.each(['close', 'reset'] as const)(
  'an answer without an end (%s) is truncated, after the text that did arrive',
  async (end) => {
    await using server = await open([answerStream([toSaidChunk('It is')], { end })]);
    const { parts, error } = await server.ask();
    expect(joinText(parts)).toBe('It is');
    expect(error).toMatchObject({
      name: 'BotError',
      code: 'provider.truncated',
      retryable: true,
    });
  },
);

test.each([
  ['nothing at all', answerStream([], { end: 'close' })],
  ['thoughts alone', answerStream([toSaidChunk('<think>hm'), makeDelta({}, 'length')])],
])('%s is an empty answer', async (_, answer) => {
  await using server = await open([answer]);
  expect((await server.ask()).error).toMatchObject({ code: 'provider.empty' });
});

test('a field that a server does not know is left out from then on', async () => {
  const unknown = answerWithJson(
    {
      detail: [
        { loc: ['body', 'stream_options', 'include_obfuscation'], msg: 'Extra inputs' },
      ],
    },
    422,
  );
  await using server = await open([
    unknown,
    answerStream([toSaidChunk('Hi.'), stopChunk]),
  ]);
  for (const _ of ['first', 'second']) {
    expect(joinText((await server.ask()).parts)).toBe('Hi.');
  }
  expect(server.bodies.map((body) => body.stream_options)).toEqual([
    { include_usage: true, include_obfuscation: false },
    { include_usage: true },
    { include_usage: true },
  ]);
});

test.each([
  ["Unknown parameter: 'reasoning_effort'", undefined],
  ["reasoning_effort must be one of 'low', 'medium', 'high'", 'low'],
])(
  'every model is asked not to think, and after "%s" with %s',
  async (message, effort) => {
    const refusal = answerWithJson({ error: { message } }, 400);
    const answer = answerStream([toSaidChunk('Hi.'), stopChunk]);
    await using server = await open([refusal, answer], { model: 'gpt-6-luna' });
    for (const _ of ['first', 'second'])
      expect(joinText((await server.ask()).parts)).toBe('Hi.');
    const efforts = server.bodies.map((body) => body.reasoning_effort);
    expect(efforts).toEqual(['none', effort, effort]);
  },
);

const countUsage = (prompt_tokens: unknown, completion_tokens: unknown) => ({
  choices: [],
  usage: { prompt_tokens, completion_tokens },
});

test.each([
  [-5, 5],
  [1e308, 1],
  [0, 0],
  [7, -1],
  ['7', 1],
])(
  'counts of a server that cannot be, %s and %s, are no report',
  async (request, reported) => {
    await using server = await open([
      answerStream([toSaidChunk('Hi.'), stopChunk, countUsage(request, reported)]),
    ]);
    const chatParts = (await server.ask()).parts;
    expect(chatParts.filter(({ kind }) => kind === 'usage')).toEqual([]);
  },
);

const url = `data:image/png;base64,${Buffer.alloc(90_000, 7).toString('base64')}`;
const shown = { role: 'user', name: 'Ana', content: 'a cat', pictures: [url] } as const;

test('a picture arrives byte for byte, after the words of its sender', async () => {
  await using server = await open([answerStream([toSaidChunk('A cat.'), stopChunk])]);
  expect(joinText((await server.ask([shown, hello])).parts)).toBe('A cat.');
  expect(server.bodies[0]?.messages).toEqual([
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Ana: a cat' },
        { type: 'image_url', image_url: { url } },
        { type: 'text', text: 'Ana: hello' },
      ],
    },
  ]);
});

test.each([
  [400, 'Invalid content type. image_url is only supported by certain models.', false],
  [400, 'llama is not a multimodal model', false],
  [500, 'image input is not supported - you may need to provide the mmproj', false],
  [422, 'unknown variant `image_url`, expected `text`', false],
  [400, 'You uploaded an unsupported image.', true],
  [400, 'image exceeds 5 MB maximum', true],
  [413, 'Request Entity Too Large', true],
  [400, 'messages[0].content must be a string', false],
])(
  'pictures that a server refuses are not asked for again: %s %s',
  async (status, message, may) => {
    const refusal = answerWithJson({ error: { message } }, status);
    await using server = await open([
      refusal,
      answerStream([toSaidChunk('Hi.'), stopChunk]),
    ]);
    expect(server.model.canTakePictures?.()).toBe(true);
    const { parts, error } = await server.ask([shown]);
    expect(parts).toEqual([]);
    expect(error).toMatchObject({ retryable: false, about: { takesNoPictures: true } });
    expect([server.bodies.length, server.model.canTakePictures?.()]).toEqual([1, may]);
    expect(joinText((await server.ask()).parts)).toBe('Hi.');
  },
);

test.each([
  ['gpt-6-luna', true],
  ['openai/gpt-4o-mini', true],
  ['gpt-audio-1.5', false],
])(
  'whether %s takes pictures is known, whatever a server says',
  async (model, takes) => {
    const refusal = answerWithJson({ error: { message: 'No image_url here.' } }, 400);
    await using server = await open([refusal], { model });
    expect(server.model.canTakePictures?.()).toBe(takes);
    await server.ask([shown]);
    expect(server.model.canTakePictures?.()).toBe(takes);
  },
);

test('messages and fields of a program go as they stand, but the model and the most tokens are those of the bot', async () => {
  await using server = await open([answerStream([toSaidChunk('Hi.'), stopChunk])], {
    maxTokens: 50,
  });
  const makeUserMessage = (content: string): ChatMessage => {
    return {
      role: 'user',
      name: 'Ana',
      content,
      sent: { role: 'user', name: 'Ana', content } as unknown as SentFields,
    };
  };
  const fields = { model: 'dear', top_k: 3, stream: false, max_tokens: 40, tools: [] };
  const sent = fields as unknown as SentFields;
  const messages = [makeUserMessage('one'), makeUserMessage('two'), hello];
  const replyStream = server.model.reply(
    messages,
    [],
    never,
    undefined,
    undefined,
    sent,
  );
  await Array.fromAsync(replyStream);
  expect(server.bodies).toEqual([
    {
      model: 'mock',
      messages: [
        ...messages.slice(0, 2).map((message) => message.sent),
        { role: 'user', content: 'Ana: hello' },
      ],
      top_k: 3,
      tools: [],
      max_completion_tokens: 40,
      ...withoutThinking,
      stream: true,
      stream_options: { include_usage: true, include_obfuscation: false },
    },
  ]);
});
