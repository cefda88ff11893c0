import type { ServerResponse } from 'node:http';
import { writeOggOpus } from '#src/audio/formats/ogg-page.ts';
import { LiveSound } from '#src/audio/live-sound.ts';
import type { ChatMessage, SentFields, Tool } from '#src/chat/chat-model.ts';
import { openChatModel } from '#src/chat/completions/openai-chat.ts';
import { openClient } from '#src/provider/api-client.ts';
import { testChatModel } from '#test/contracts/chat-model-contract.ts';
import { drainAnswer } from '#test/contracts/pipeline-contract.ts';
import {
  answerStream,
  answerWithJson,
  makeDelta,
} from '#test/fakes/providers/mock-audio-chat.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import {
  hello,
  joinText,
  listWords,
  openChatServer as open,
  stopChunk,
  toAudioChunk,
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

type Handle = (response: ServerResponse) => void;

const answerSound: Handle = (response) => answerStream(toAudioChunk('a'))(response, {});
const keepSilent: Handle = () => undefined;
const refuseRequest =
  (status: number): Handle =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');

/** A model that hears. Of a request in chunks its server does `begin` and `end`; whole ones are answered. */
async function openHearing(
  begin: Handle = keepSilent,
  end = begin === keepSilent ? answerSound : keepSilent,
) {
  const requests: { how: string; body: string; isClosed: boolean }[] = [];
  const server = await openListeningServer((request, response) => {
    const isWhole = request.headers['content-length'] !== undefined;
    const entry = { how: isWhole ? 'whole' : 'part', body: '', isClosed: false };
    requests.push(entry);
    if (!isWhole) begin(response);
    request.setEncoding('utf8').on('data', (text) => {
      entry.body += text;
    });
    request.on('end', () => {
      if (!isWhole) entry.how = 'all parts';
      (isWhole ? answerSound : end)(response);
    });
    request.socket.once('close', () => {
      entry.isClosed = true;
    });
  });
  const client = openClient({ baseUrl: `${server.origin}/v1` });
  const model = openChatModel(client, { model: 'mock', voice: 'alloy' });
  return {
    ...server,
    requests,
    list: () => requests.map(({ how }) => how),
    feedLive: (live: LiveSound) => model.feed?.(makeMessages(0, live), [], live),
    async ask(
      messages: readonly ChatMessage[],
      { signal } = new AbortController(),
      text = 'Four.',
    ) {
      const replyStream = model.reply(messages, [], signal)[Symbol.asyncIterator]();
      expect(listWords((await drainAnswer(replyStream)).parts)).toBe(text);
    },
  };
}

/** Half a second of speech, each packet another one. */
const packets = Array.from({ length: 25 }, (_, n) =>
  Uint8Array.from({ length: 60 }, (__, at) => (at === 0 ? 0xf8 : n * at)),
);
const loud = new Int16Array(320).fill(5);

function makeMessages(
  count: number,
  live: LiveSound | undefined,
  content = 'Be brief, Zoë.',
): readonly ChatMessage[] {
  const said = packets.slice(0, count);
  const toOgg = () => (count > 0 ? writeOggOpus(said) : new Uint8Array());
  const sound = { wav: new Uint8Array(9), toOgg, live, words: async () => '' };
  return [
    { role: 'system', content },
    { role: 'user', name: 'Ana', content: '', ...sound },
  ];
}

/** Feeds an utterance, and waits until the server has much of it. */
async function speakUtterance(hearing: Awaited<ReturnType<typeof openHearing>>) {
  const [live, { length }] = [new LiveSound(), hearing.requests];
  hearing.feedLive(live);
  for (const opus of packets) live.push({ samples: loud, opus });
  await vi.waitFor(() =>
    expect(hearing.requests[length]?.body.length).toBeGreaterThan(1_800),
  );
  return live;
}

test('a request that was sent while its sound was spoken is the one that is sent as a whole', async () => {
  await using hearing = await openHearing();
  const live = await speakUtterance(hearing);
  expect(hearing.list()).toEqual(['part']);
  await hearing.ask(makeMessages(25, live));
  await hearing.ask(makeMessages(25, undefined));
  expect(hearing.list()).toEqual(['all parts', 'whole']);
  const [{ body } = { body: '' }, whole] = hearing.requests;
  expect(body).toBe(whole?.body);
  const data = writeOggOpus(packets).toString('base64');
  expect(JSON.parse(body).messages[1].content[1].input_audio.data).toBe(data);
});

test.each<[string, Handle]>([
  ['411', refuseRequest(411)],
  ['400', refuseRequest(400)],
  ['the end of the connection', (response) => response.destroy()],
  ['an answer to half of it', answerSound],
])(
  'a server that refuses parts by %s is asked by a whole request, and after two gets no parts again',
  async (_, refusal) => {
    await using hearing = await openHearing(refusal);
    for (const at of [0, 2]) {
      const live = new LiveSound();
      hearing.feedLive(live);
      await vi.waitFor(() => expect(hearing.requests[at]?.isClosed).toBe(true));
      await hearing.ask(makeMessages(25, live));
    }
    hearing.feedLive(new LiveSound());
    await hearing.ask(makeMessages(25, undefined));
    expect(hearing.list()).toEqual(['part', 'whole', 'part', 'whole', 'whole']);
  },
);

test('a server that loses requests now and then goes on to get them in parts', async () => {
  const lost = [true, false, true, false];
  await using hearing = await openHearing(keepSilent, (response) => {
    if (lost.shift()) response.destroy();
    else answerSound(response);
  });
  for (const _ of [1, 2, 3, 4])
    await hearing.ask(makeMessages(25, await speakUtterance(hearing)));
  expect(hearing.list().join()).toBe(
    'all parts,whole,all parts,all parts,whole,all parts',
  );
});

test('a server that is asked too often is not asked at once again', async () => {
  await using hearing = await openHearing(keepSilent, refuseRequest(429));
  await hearing.ask(makeMessages(25, await speakUtterance(hearing)), undefined, '');
  expect(hearing.list()).toEqual(['all parts']);
});

test('a server that says nothing to a request in parts is asked by a whole one, and gets no parts again', async () => {
  const late = new AbortController();
  using _ = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(late.signal);
  await using hearing = await openHearing(keepSilent, keepSilent);
  const asking = hearing.ask(makeMessages(25, await speakUtterance(hearing)));
  await vi.waitFor(() => expect(hearing.list()).toEqual(['all parts']));
  late.abort();
  await asking;
  hearing.feedLive(new LiveSound());
  await hearing.ask(makeMessages(25, undefined));
  expect(hearing.list()).toEqual(['all parts', 'whole', 'whole']);
});

test('a request that becomes another one is given up before its end, and sent as a whole', async () => {
  await using hearing = await openHearing();
  await hearing.ask(makeMessages(25, await speakUtterance(hearing), 'Be kind.'));
  await hearing.ask(makeMessages(9, await speakUtterance(hearing)));
  expect(hearing.list()).toEqual(['part', 'whole', 'part', 'whole']);
});

test.each<[string, (live: LiveSound) => void]>([
  ['that nobody answers', (live) => live.end()],
  ['that comes without its packet', (live) => live.push({ samples: loud })],
])('sound %s ends its request', async (_, change) => {
  await using hearing = await openHearing();
  change(await speakUtterance(hearing));
  await vi.waitFor(() => expect(hearing.requests[0]?.isClosed).toBe(true));
  expect(hearing.list()).toEqual(['part']);
});

test('an answer that is given up ends its request, and the sound begins another', async () => {
  await using hearing = await openHearing(keepSilent, keepSilent);
  const live = await speakUtterance(hearing);
  const abort = new AbortController();
  const asking = hearing.ask(makeMessages(25, live), abort, '');
  await vi.waitFor(() => expect(hearing.list()).toEqual(['all parts']));
  abort.abort();
  await vi.waitFor(() => expect(hearing.requests[0]?.isClosed).toBe(true));
  await asking;
  hearing.feedLive(live);
  await vi.waitFor(() => expect(hearing.list()).toEqual(['all parts', 'part']));
});
