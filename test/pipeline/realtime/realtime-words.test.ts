import type { ChatPart } from '#src/chat/chat-model.ts';
import { RealtimeConversation } from '#src/chat/realtime/realtime-conversation.ts';
import {
  openRealtimeDialect,
  type RealtimeEvent,
} from '#test/fakes/dialects/realtime-dialect.ts';
import { talkDialects } from '#test/fakes/dialects/realtime-dialects.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const never = new AbortController().signal;
const [openAi = expect.fail()] = talkDialects;
const lampTool = { name: 'lamp', description: '', parameters: { type: 'object' } };
const prompt = [
  { role: 'system', content: 'Your name is Nova. Be brief.' },
  { role: 'user', name: 'Ana', content: 'lamp on' },
] as const;

/** Asks a server that sends these events, and whose clock is ours. */
async function askServer(events: readonly RealtimeEvent[], clock?: VirtualClock) {
  const dialect = { ...openAi, writeAnswer: () => events };
  await using server = await openRealtimeDialect(
    dialect,
    () => ({ text: '' }),
    () => new Int16Array(),
  );
  const baseUrl = `${server.origin}/v1`;
  using talk = new RealtimeConversation({
    baseUrl,
    model: 'm',
    ...(clock && { clock }),
  });
  const chatParts = await Array.fromAsync(
    talk.openAnswer(never).reply(prompt, [lampTool], never),
  );
  return {
    parts: chatParts,
    calls: chatParts.flatMap((part) => (part.kind === 'tool' ? [part.call] : [])),
  };
}

function joinWords(chatParts: readonly ChatPart[]) {
  return chatParts.map((part) => ('text' in part ? part.text : '')).join('');
}

const ended = { type: 'response.done', response: { id: 'r', status: 'completed' } };
const makeTranscriptEvents = (delta: string) => [
  { type: 'response.output_audio_transcript.delta', response_id: 'r', delta },
];

test.each([
  ['<think>Be kind.</think>Good morning.', 'Good morning.', 0],
  ['Nova: Good morning.', 'Good morning.', 0],
  ['Good morning.<|im_end|>\nBen: and now?', 'Good morning.', 0],
  ['<tool_call>{"name":"lamp","arguments":{"on":true}}</tool_call>', '', 1],
  ['{"name":"lamp","arguments":{"on":true}}', '', 1],
])(
  'of %s people get the words alone, and the call runs',
  async (text, sentence, calls) => {
    const pieces = [...text].flatMap((character) => makeTranscriptEvents(character));
    const answer = await askServer([...pieces, ended]);
    expect(joinWords(answer.parts)).toBe(sentence);
    expect(answer.calls).toHaveLength(calls);
    for (const { id, name } of answer.calls) {
      expect(id).toMatch(/^[A-Za-z0-9]{9}$/);
      expect(name).toBe('lamp');
    }
  },
);

const args = 'response.function_call_arguments';

test.each<[string, readonly RealtimeEvent[]]>([
  [
    'arguments in pieces alone',
    [
      {
        type: 'response.output_item.added',
        item: { id: 'i', type: 'function_call', name: 'lamp', call_id: 'c' },
      },
      { type: `${args}.delta`, item_id: 'i', delta: '{"on":' },
      { type: `${args}.delta`, item_id: 'i', delta: 'true}' },
      ended,
    ],
  ],
  [
    'an event of arguments without an item',
    [
      { type: `${args}.done`, call_id: 'c', name: 'lamp', arguments: '{"on":true}' },
      ended,
    ],
  ],
  [
    'an item without ids, told twice',
    [
      {
        type: 'response.output_item.done',
        item: { type: 'function_call', name: 'lamp', arguments: '{"on":true}' },
      },
      {
        ...ended,
        response: {
          id: 'r',
          status: 'completed',
          output: [{ type: 'function_call', name: 'lamp', arguments: '{"on":true}' }],
        },
      },
    ],
  ],
  [
    'arguments that are an object',
    [
      {
        type: 'response.output_item.done',
        item: { type: 'function_call', id: 'i', name: 'lamp', arguments: { on: true } },
      },
      ended,
    ],
  ],
])('of %s one call runs', async (_, events) => {
  const { calls } = await askServer(events);
  expect(calls).toEqual([
    {
      id: expect.stringMatching(/^(c|[a-z0-9]{9})$/),
      name: 'lamp',
      argumentsJson: '{"on":true}',
    },
  ]);
});

const whole = { type: 'audio', transcript: 'Good morning.' };
const message = { id: 'i', type: 'message', role: 'assistant', content: [whole] };

test.each<[string, readonly RealtimeEvent[]]>([
  [
    'a part',
    [{ type: 'response.content_part.done', item_id: 'i', part: whole }, ended],
  ],
  ['an item', [{ type: 'response.output_item.done', item: message }, ended]],
  [
    'the end',
    [{ ...ended, response: { id: 'r', status: 'completed', output: [message] } }],
  ],
  [
    'all of them, after the pieces',
    [
      ...makeTranscriptEvents('Good '),
      ...makeTranscriptEvents('morning.'),
      { type: 'response.output_audio_transcript.done', transcript: 'Good morning.' },
      { type: 'response.content_part.done', item_id: 'i', part: whole },
      { type: 'response.output_item.done', item: message },
      { ...ended, response: { id: 'r', status: 'completed', output: [message] } },
    ],
  ],
  [
    'an event with another name',
    [
      { type: 'response.output_audio.transcript.delta', transcript: 'Good morning.' },
      ended,
    ],
  ],
  [
    'pieces beside thoughts',
    [
      { type: 'response.reasoning_text.delta', delta: 'Be kind.' },
      ...makeTranscriptEvents('Good morning.'),
      ended,
    ],
  ],
])('words in %s come once', async (_, events) => {
  const { parts } = await askServer(events);
  expect(joinWords(parts)).toBe('Good morning.');
});

/** Reads an answer while time goes by, and returns what it took. */
async function measureMs(clock: VirtualClock, work: Promise<unknown>) {
  let isOver = false;
  const [startMs] = [clock.nowMs()];
  void work.finally(() => {
    isOver = true;
  });
  while (!isOver) await clock.advance(100);
  await work;
  return clock.nowMs() - startMs;
}

test('a server that neither greets nor confirms is waited for once', async () => {
  const clock = new VirtualClock(undefined, 20);
  const dialect = {
    ...openAi,
    greetings: [],
    tellSession: () => undefined,
    writeAnswer: () => [...makeTranscriptEvents('Good morning.'), ended],
  };
  await using server = await openRealtimeDialect(
    dialect,
    () => ({ text: '' }),
    () => new Int16Array(),
  );
  const baseUrl = `${server.origin}/v1`;
  using talk = new RealtimeConversation({ baseUrl, model: 'm', clock });
  const measureAsking = () =>
    measureMs(clock, Array.fromAsync(talk.openAnswer(never).reply(prompt, [], never)));
  expect(await measureAsking()).toBeGreaterThanOrEqual(4_000);
  expect(await measureAsking()).toBeLessThan(2_000);
});
