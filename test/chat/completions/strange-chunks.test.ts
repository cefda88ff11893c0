import type { Tool } from '#src/chat/chat-model.ts';
import { isMalformedCall } from '#src/chat/completions/chat-stream.ts';
import { readRefusedCalls } from '#src/chat/completions/written-calls.ts';
import {
  answerStream,
  makeDelta,
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
