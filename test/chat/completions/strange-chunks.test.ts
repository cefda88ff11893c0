import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { BotError } from '#src/base/errors.ts';
import type { Tool } from '#src/chat/chat-model.ts';
import { isMalformedCall } from '#src/chat/completions/chat-stream.ts';
import { openChatModel } from '#src/chat/completions/openai-chat.ts';
import { readRefusedCalls } from '#src/chat/completions/written-calls.ts';
import { openClient } from '#src/provider/api-client.ts';
import {
  type AudioChatAnswer,
  answerStream,
  makeDelta,
  openMockAudioChat,
  toBase64,
} from '#test/fakes/providers/mock-audio-chat.ts';
import {
  hello,
  joinSound,
  joinText,
  listWords,
  openAudioChat,
  openChatServer,
  stopChunk,
  toSaidChunk,
} from './chat-server.ts';

const lamp: Tool = {
  name: 'lamp',
  description: 'Lights.',
  parameters: { type: 'object' },
};

test.each([
  ['a number', [6], 'It is 6 degrees.'],
  ['a fraction', [21.5], 'It is 21.5 degrees.'],
  ['zero', [0], 'It is 0 degrees.'],
  ['a boolean', [true], 'It is true degrees.'],
  ['a list with a number', [[{ type: 'text', text: 6 }]], 'It is 6 degrees.'],
])('%s as content is text', async (_, contents, text) => {
  const chunks = ['It is ', ...contents, ' degrees.'].map(toSaidChunk);
  await using server = await openChatServer([answerStream([...chunks, stopChunk])]);
  expect(joinText((await server.ask()).parts)).toBe(text);
});

test('a number as the transcript of sound is text', async () => {
  const makeAudioDelta = (fields: object) => makeDelta({ audio: fields });
  await using server = await openAudioChat([
    answerStream([
      makeAudioDelta({ transcript: 'It is ' }),
      makeAudioDelta({ transcript: 6 }),
      stopChunk,
    ]),
  ]);
  expect(listWords((await server.ask()).parts)).toBe('It is 6');
});

// https://github.com/vllm-project/vllm-omni/blob/main/vllm_omni/entrypoints/openai/serving_chat.py
test.each(['the chunk', 'its choice', 'its delta'])(
  'content is sound where the modality of %s says so',
  async (placeName) => {
    const bytes = Buffer.alloc(24_000, 7);
    const content = toBase64(bytes);
    const modality = 'audio';
    const chunk = {
      'the chunk': { modality, choices: [{ delta: { content } }] },
      'its choice': { choices: [{ modality, delta: { content } }] },
      'its delta': { choices: [{ delta: { modality, content } }] },
    }[placeName];
    const words = { modality: 'text', ...toSaidChunk('It is four.') };
    await using server = await openAudioChat([
      answerStream([words, chunk ?? {}, stopChunk]),
    ]);
    const { parts } = await server.ask();
    expect(joinText(parts)).toBe('It is four.');
    expect(joinSound(parts).equals(bytes)).toBe(true);
  },
);

test('sound that nothing marks is not words, and the operator is told once', async () => {
  const told: string[] = [];
  const sound = toSaidChunk(toBase64(Buffer.alloc(24_000)));
  await using server = await openChatServer(
    [answerStream([toSaidChunk('It is four. '), sound, stopChunk])],
    { report: ({ what }) => told.push(what) },
  );
  for (const _ of ['first', 'second'])
    expect(joinText((await server.ask()).parts)).toBe('It is four. ');
  expect(told).toEqual([
    'its answers hold sound or pictures in base64, which is left out',
  ]);
});

test('each unknown mark is told once, without words that people may have said', async () => {
  const told: string[] = [];
  const answer = answerStream([
    toSaidChunk('<|quota_policy|>It is <|quota_policy|>four.<|bar_of_Ben|>'),
    stopChunk,
  ]);
  await using server = await openChatServer([answer], {
    report: ({ what }) => told.push(what),
  });
  for (const _ of ['first', 'second'])
    expect(joinText((await server.ask()).parts)).toBe('It is four.');
  expect(told).toEqual([
    'its answers hold the unknown mark <|quota_policy|>, which is left out',
    'its answers hold an unknown mark, which is left out',
  ]);
});

test.each<[string, readonly object[]]>([
  [
    'without index',
    [
      { id: 'a', function: { name: 'lamp', arguments: '' } },
      { function: { arguments: '{"on"' } },
      { function: { arguments: ':true}' } },
    ],
  ],
  [
    'with an index in the first alone',
    [
      { index: 0, id: 'a', function: { name: 'lamp' } },
      { id: null, function: { arguments: '{"on"' } },
      { index: null, id: '', function: { name: '', arguments: ':true}' } },
    ],
  ],
])('crumbs of a call %s belong to the last call', async (_, crumbs) => {
  const chunks = crumbs.map((crumb) => makeDelta({ tool_calls: [crumb] }));
  await using server = await openChatServer([
    answerStream([...chunks, makeDelta({}, 'tool_calls')]),
  ]);
  const { parts } = await server.ask([hello], [lamp]);
  expect(parts).toEqual([
    { kind: 'tool', call: { id: 'a', name: 'lamp', argumentsJson: '{"on":true}' } },
  ]);
});

test('ids that servers leave out have nine letters and digits, and none comes twice in a talk', async () => {
  const call = { function: { name: 'lamp', arguments: '{}' } };
  await using server = await openChatServer([
    answerStream([makeDelta({ tool_calls: [call] }, 'tool_calls')]),
    answerStream([
      toSaidChunk('<tool_call>{"name":"lamp","arguments":{}}</tool_call>'),
    ]),
  ]);
  const ids: string[] = [];
  for (const _ of ['first', 'second', 'third'])
    for (const part of (await server.ask([hello], [lamp])).parts)
      if (part.kind === 'tool') ids.push(part.call.id);
  expect(ids).toHaveLength(3);
  for (const id of ids) expect(id).toMatch(/^[a-zA-Z0-9]{9}$/);
  expect(new Set(ids).size).toBe(3);
});

test.each([
  'function_call_filter: MALFORMED_FUNCTION_CALL',
  'MALFORMED_FUNCTION_CALL',
  'malformed_function_call',
])(
  'an answer without words that ends with %s is asked for once more, then told as it is',
  async (reason) => {
    const malformed = answerStream([makeDelta({ content: '' }, reason)]);
    const whole = answerStream([toSaidChunk('Hi.'), stopChunk]);
    await using server = await openChatServer([malformed, whole]);
    const { error, parts } = await server.ask([hello], [lamp]);
    expect([error, joinText(parts)]).toEqual([undefined, 'Hi.']);
    expect(
      server.bodies.map((body) => JSON.stringify(body).includes('"lamp"')),
    ).toEqual([true, true]);
    await using worse = await openChatServer([malformed, malformed]);
    const { error: lastError } = await worse.ask([hello], [lamp]);
    expect(lastError).toMatchObject({ code: 'provider.empty', retryable: false });
    expect(isMalformedCall(lastError)).toBe(true);
    expect(worse.bodies).toHaveLength(2);
  },
);

test('other empty answers hold no malformed call', async () => {
  await using server = await openChatServer([answerStream([stopChunk])]);
  expect(isMalformedCall((await server.ask()).error)).toBe(false);
});

test.each([
  '<function=lamp{"on":true}</function>',
  '<function=lamp>{"on":true}</function>',
  '<tool_call>{"name": "lamp", "arguments": {"on": true}}</tool_call>',
  '{"name": "lamp", "arguments": {"on": true}}',
  '[{"name": "lamp", "parameters": {"on": true}}]',
  'lamp({"on": true})',
])('the call in a refusal that quotes %s is read', (failed_generation) => {
  const error = { code: 'tool_use_failed', failed_generation };
  for (const refusal of [error, { error }]) {
    const [call, ...others] = readRefusedCalls(refusal, ['lamp', 'door']);
    expect(others).toEqual([]);
    expect(call).toMatchObject({ name: 'lamp', id: expect.stringMatching(/^\w{9}$/) });
    expect(JSON.parse(call?.argumentsJson ?? '')).toEqual({ on: true });
  }
  expect(readRefusedCalls({ error }, ['door'])).toEqual([]);
  expect(readRefusedCalls({ error: 'no' }, ['lamp'])).toEqual([]);
});

const never = new AbortController().signal;

async function partsOf(answer: AudioChatAnswer, tools: readonly Tool[] = []) {
  await using server = await openMockAudioChat([answer]);
  const model = openChatModel(openClient({ baseUrl: server.baseUrl }), {
    model: 'mock',
  });
  return await Array.fromAsync(model.reply([hello], tools, never));
}

const makeCallDelta = (fields: object) => makeDelta({ tool_calls: [fields] });
const on = { name: 'lamp', arguments: '{"on":true}' };
const off = { name: 'lamp', arguments: '{"on":false}' };

test.each<[string, readonly object[], readonly string[]]>([
  [
    'in crumbs',
    [
      makeCallDelta({ index: 0, id: 'a', function: { name: 'lamp', arguments: '' } }),
      makeCallDelta({ index: 0, function: { arguments: '{"on"' } }),
      makeCallDelta({ index: 0, id: '', function: { name: '', arguments: ':true}' } }),
      makeDelta({}, 'tool_calls'),
    ],
    [on.arguments],
  ],
  [
    'whole, ended by stop',
    [makeCallDelta({ index: 0, id: 'a', function: on }), makeDelta({}, 'stop')],
    [on.arguments],
  ],
  [
    'whole, without an index',
    [
      makeCallDelta({ id: 'a', function: on }),
      makeCallDelta({ id: 'b', function: off }),
      makeDelta({}, 'stop'),
    ],
    [on.arguments, off.arguments],
  ],
  [
    'twice at one index',
    [
      makeCallDelta({ index: 0, id: 'a', function: on }),
      makeCallDelta({ index: 0, id: 'b', function: off }),
      makeDelta({}, 'tool_calls'),
    ],
    [on.arguments, off.arguments],
  ],
  [
    'without any id',
    [makeCallDelta({ function: on }), makeCallDelta({ function: off })],
    [on.arguments, off.arguments],
  ],
  [
    'without any end',
    [makeCallDelta({ index: 0, id: 'a', function: on })],
    [on.arguments],
  ],
  [
    'with broken JSON',
    [
      makeCallDelta({
        index: 0,
        id: 'a',
        function: { name: 'lamp', arguments: '{"on"' },
      }),
    ],
    ['{"on"'],
  ],
])('a tool called %s is called once each', async (_, some, expected) => {
  const chatParts = await partsOf(answerStream(some), [lamp]);
  const calls = chatParts.flatMap((part) => (part.kind === 'tool' ? [part.call] : []));
  expect(calls.map(({ argumentsJson }) => argumentsJson)).toEqual(expected);
  expect(new Set(calls.map(({ id }) => id)).size).toBe(calls.length);
});

const folder = new URL('../../fakes/dialects/recordings/', import.meta.url);
type Expected = {
  readonly words?: string;
  readonly call?: string;
  readonly code?: string;
};
const expected: Readonly<Record<string, Expected>> = parse(
  await readFile(new URL('expected.yaml', folder), 'utf8'),
);
const clock = {
  name: 'time',
  description: 'Tells it.',
  parameters: { type: 'object' },
};

/** Reads a reply that stands behind `=== NAME` in the file of its program. */
async function readRecording(recording: string) {
  const [program = '', name = ''] = recording.split('/');
  const replies = await readFile(new URL(`${program}.txt`, folder), 'utf8');
  const found = replies.split(/^=== /m).find((reply) => reply.startsWith(`${name}\n`));
  return found?.slice(name.length + 1, -1) ?? expect.fail(recording);
}

/** Head and body; a recording without a head is an event stream. */
const form =
  /^(?:HTTP\/1\.1 (\d+).*\n(?:.*: .*\n)*?content-type: (.*)\n(?:.*: .*\n)*\n)?([\s\S]*)$/i;

test.each(Object.entries(expected))(
  '%s, as it was recorded, is understood',
  async (recording, { words = '', call, code }) => {
    const [, status = '200', type = 'text/event-stream', body] =
      form.exec((await readRecording(recording)).replaceAll('\r', '')) ?? [];
    await using server = await openChatServer([
      (response) =>
        void response.writeHead(Number(status), { 'content-type': type }).end(body),
    ]);
    const { parts, error } = await server.ask([hello], [clock]);
    const calls = parts.flatMap((part) => (part.kind === 'tool' ? part.call.name : []));
    expect([joinText(parts), calls[0], (error as BotError | undefined)?.code]).toEqual([
      words,
      call,
      code,
    ]);
  },
);
