import type { ChatMessage, Tool } from '#src/chat/chat-model.ts';
import { withMeter } from '#src/chat/metered-chat.ts';
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
const lamp: Tool = {
  name: 'lamp',
  description: 'Lights.',
  parameters: { type: 'object' },
};
const writeBody =
  (body: string) => (response: Parameters<ReturnType<typeof answerStream>>[0]) =>
    void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(body);
const writeError = (error: object) =>
  writeBody(`: ping\n\ndata: ${JSON.stringify({ error })}\n\ndata: [DONE]\n\n`);

const thought = makeDelta({ reasoning_content: 'The lamp.' });
const loseReply = (prompt_tokens: number) =>
  answerStream([
    thought,
    stopChunk,
    { choices: [], usage: { prompt_tokens, completion_tokens: 3 } },
  ]);

test('a field that is refused inside a stream is left out from then on', async () => {
  const refusal = writeError({
    message: 'Error processing stream start',
    type: 'invalid_request_error',
    param: 'stream_options.include_obfuscation',
    code: '400',
  });
  await using server = await open([
    refusal,
    answerStream([toSaidChunk('Hi.'), stopChunk]),
  ]);
  for (const _ of ['first', 'second'])
    expect(joinText((await server.ask()).parts)).toBe('Hi.');
  expect(server.bodies.map((body) => body.stream_options)).toEqual([
    { include_usage: true, include_obfuscation: false },
    { include_usage: true },
    { include_usage: true },
  ]);
});

const spoken: ChatMessage = {
  role: 'user',
  name: 'Ana',
  content: '',
  wav: Buffer.from('RIFF'),
  toOgg: () => Buffer.from('OggS'),
  words: () => Promise.resolve('hello'),
};

test.each([
  [400, "Invalid value: 'ogg'. Supported values are: 'wav' and 'mp3'."],
  [400, "input_audio.format must be either 'wav' or 'mp3'"],
])(
  'sound is sent as WAV from then on where a server answers %i, "%s", to Ogg',
  async (status, message) => {
    await using server = await open([
      answerWithJson({ error: { message } }, status),
      answerStream([toSaidChunk('Hi.'), stopChunk]),
    ]);
    for (const _ of ['first', 'second'])
      expect(joinText((await server.ask([spoken])).parts)).toBe('Hi.');
    const formats = server.bodies.map(
      (body) => /"format":"(\w+)"/.exec(JSON.stringify(body))?.[1],
    );
    expect(formats).toEqual(['ogg', 'wav', 'wav']);
  },
);

test('a fault of the moment teaches nothing, and one that comes twice does', async () => {
  const fails = answerWithJson({ error: { message: 'Internal error' } }, 500);
  const answers = answerStream([toSaidChunk('Hi.'), stopChunk]);
  await using server = await open([fails, answers, fails, answers, answers]);
  for (const _ of ['first', 'second', 'third'])
    expect(joinText((await server.ask([spoken])).parts)).toBe('Hi.');
  const formats = server.bodies.map(
    (body) => /"format":"(\w+)"/.exec(JSON.stringify(body))?.[1],
  );
  expect(formats).toEqual(['ogg', 'wav', 'ogg', 'wav', 'wav']);
});

test('sound stays packed where a server refuses only tools', async () => {
  await using server = await open([
    answerWithJson({ error: { message: 'mock does not support tools' } }, 400),
    answerStream([toSaidChunk('Hi.'), stopChunk]),
  ]);
  for (const _ of ['first', 'second'])
    expect(joinText((await server.ask([spoken], [lamp])).parts)).toBe('Hi.');
  expect(JSON.stringify(server.bodies.at(-1))).toContain('"format":"ogg"');
});

test.each([
  ['429', 'Rate limit reached', 'provider.rate_limited'],
  ['429', 'You exceeded your current quota, please check your plan.', 'provider.spent'],
  ['401', 'Incorrect API key provided', 'provider.bad_key'],
  ['402', 'Insufficient Balance', 'provider.spent'],
  ['500', 'upstream died', 'provider.refused'],
])('an error %s inside a stream, "%s", is %s', async (code, message, expected) => {
  await using server = await open([
    writeError({ message, type: null, param: null, code }),
  ]);
  expect((await server.ask()).error).toMatchObject({
    code: expected,
    about: { status: Number(code) },
  });
});

test('an error behind words means that the answer broke off', async () => {
  const text = `data: ${JSON.stringify(toSaidChunk('Yes, of'))}\n\n`;
  const error = 'data: {"error": {"message": "upstream died", "code": "500"}}\n\n';
  await using server = await open([writeBody(text + error)]);
  const { parts, error: thrown } = await server.ask();
  expect(joinText(parts)).toBe('Yes, of');
  expect(thrown).toMatchObject({ code: 'provider.truncated' });
});

test('an empty stream is asked for once more in one piece, which tells the reason', async () => {
  const error = {
    message: "This model's maximum context length is 256 tokens.",
    code: 'context_length_exceeded',
  };
  await using server = await open([writeBody(''), answerWithJson({ error }, 400)]);
  expect((await server.ask()).error).toMatchObject({
    about: { status: 400, remedy: expect.stringContaining('--ctx-size') },
  });
  expect(server.bodies.map((body) => body.stream ?? false)).toEqual([true, false]);
});

test('a call that a stream lost is asked for once more, and streams go on', async () => {
  const call = { id: 'a', function: { name: 'lamp', arguments: '{}' } };
  const whole = { choices: [{ message: { content: '', tool_calls: [call] } }] };
  await using server = await open([
    loseReply(9),
    answerWithJson(whole),
    answerStream([toSaidChunk('Hi.'), stopChunk]),
  ]);
  const { parts, error } = await server.ask([hello], [lamp]);
  expect(error).toBeUndefined();
  expect(parts).toContainEqual(expect.objectContaining({ kind: 'tool' }));
  await server.ask([hello], [lamp]);
  expect(server.bodies.map((body) => body.stream ?? false)).toEqual([
    true,
    false,
    true,
  ]);
});

test('without a second reservation, a limited answer that may have been charged is not asked for again', async () => {
  await using server = await open([
    loseReply(9),
    answerWithJson({ choices: [{ message: { content: 'Hi.' } }] }),
  ]);
  const { error } = await server.ask([hello], [lamp], 100);
  expect(error).toMatchObject({ code: 'provider.empty' });
  expect(server.bodies).toHaveLength(1);
});

test('each request for one answer has a reservation of its own, and each that was charged counts', async () => {
  const whole = answerWithJson({
    choices: [{ message: { content: 'Hi.' } }],
    usage: { prompt_tokens: 9, completion_tokens: 2 },
  });
  await using server = await open([
    answerWithJson({ error: { message: 'No reasoning_effort here.' } }, 400),
    loseReply(9),
    whole,
  ]);
  const [reserved, recorded, released]: number[][] = [[], [], []];
  const metered = withMeter(server.model, {
    recordUsage: ({ outputTokens }) => recorded?.push(outputTokens),
    reserveRequest: async () => {
      const maxUnits = 100 + (reserved?.length ?? 0);
      reserved?.push(maxUnits);
      return { maxUnits, release: () => released?.push(maxUnits) };
    },
  });
  const chatParts = await Array.fromAsync(metered.reply([hello], [lamp], never));
  expect(joinText(chatParts)).toBe('Hi.');
  expect([reserved, released]).toEqual([
    [100, 101, 102],
    [100, 101, 102],
  ]);
  expect(recorded).toEqual([3, 2]);
  expect(server.bodies.map((body) => body.max_completion_tokens)).toEqual([
    100, 101, 102,
  ]);
});

test.each([' ', 'unheard_of', { toString: 1 }])(
  'an answer that comes whole has ended, also for the reason %j',
  async (finish_reason) => {
    const choices = [{ message: { content: 'Hi.' }, finish_reason }];
    await using server = await open([answerWithJson({ choices })]);
    const { parts, error } = await server.ask();
    expect(error).toBeUndefined();
    expect(parts).toContainEqual({ kind: 'text', text: 'Hi.' });
  },
);

test('only thoughts are an empty answer, but after a tool a model may have nothing to say', async () => {
  const thoughts = answerStream([makeDelta({ reasoning_content: 'Hm.' }), stopChunk]);
  await using server = await open([thoughts]);
  expect((await server.ask()).error).toMatchObject({ code: 'provider.empty' });
  const result: ChatMessage = { role: 'tool', callId: 'a', content: 'done' };
  expect((await server.ask([hello, result])).error).toBeUndefined();
});

test('a thought that only its end marks is spoken once, and the operator is told once', async () => {
  const told: string[] = [];
  const answer = answerStream([
    toSaidChunk('They want tea. Be brief.'),
    toSaidChunk('</think>\n\nEarl Grey.'),
    stopChunk,
  ]);
  await using server = await open([answer], { report: ({ mend }) => told.push(mend) });
  await server.ask();
  for (const _ of ['second', 'third'])
    expect(joinText((await server.ask()).parts)).toBe('Earl Grey.');
  expect(told).toEqual([expect.stringContaining('--reasoning-parser')]);
});

test('a server that writes more than its limit gets the limit by both names, and a cut is told once', async () => {
  const told: string[] = [];
  const count = { choices: [], usage: { prompt_tokens: 9, completion_tokens: 121 } };
  const options = {
    maxTokens: 100,
    report: ({ what }: { what: string }) => told.push(what),
  };
  const answer = answerStream([toSaidChunk('Hi.'), makeDelta({}, 'length'), count]);
  await using server = await open([answer], options);
  for (const _ of ['first', 'second']) await server.ask();
  const limits = server.bodies.map((body) => [
    body.max_completion_tokens,
    body.max_tokens,
  ]);
  expect(limits).toEqual([
    [100, undefined],
    [100, 100],
  ]);
  expect(told).toEqual(['an answer was cut at its longest length (100 tokens)']);
});

test('arguments that are encoded twice are unwrapped once', async () => {
  const json = JSON.stringify('{"minutes":5}');
  const call = { index: 0, id: 'a', function: { name: 'lamp', arguments: json } };
  await using server = await open([
    answerStream([makeDelta({ tool_calls: [call] }, 'tool_calls')]),
  ]);
  const { parts } = await server.ask([hello], [lamp]);
  expect(parts).toMatchObject([{ call: { argumentsJson: '{"minutes":5}' } }]);
});

test.each(['message', 'text'])(
  'words in `%s` in place of `delta` are read',
  async (field) => {
    const makeChunk = (text: string) => ({
      choices: [field === 'text' ? { text: text } : { message: { content: text } }],
    });
    await using server = await open([
      answerStream([makeChunk('It is'), makeChunk(' four.')]),
    ]);
    expect(joinText((await server.ask()).parts)).toBe('It is four.');
  },
);
