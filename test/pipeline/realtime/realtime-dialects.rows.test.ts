import { openEngines } from '#src/app/engines/open-engines.ts';
import { getDurationMs } from '#src/audio/pcm.ts';
import type { ChatMessage, ChatPart } from '#src/chat/chat-model.ts';
import { RealtimeConversation } from '#src/chat/realtime/realtime-conversation.ts';
import type { ReplyPart, Turn } from '#src/pipeline/pipeline.ts';
import { readGoodSettings } from '#test/config/read-settings.ts';
import {
  drainAnswer,
  FakeHost,
  joinTexts,
  makeTurn,
} from '#test/contracts/pipeline-contract.ts';
import {
  openRealtimeDialect,
  type RealtimeDialect,
  type RealtimeEvent,
} from '#test/fakes/dialects/realtime-dialect.ts';
import { refuseNamed, talkDialects } from '#test/fakes/dialects/realtime-dialects.ts';
import { makeTone } from '#test/fakes/providers/mock-sound.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { listRows } from '#test/properties.ts';
import { makeSpokenTurn } from './talking-setup.ts';

const never = new AbortController().signal;
const four = 'Well, as you ask, it is four.';
const lamp = { name: 'lamp', argumentsJson: '{"on":true}' };
const nowhere = 'http://127.0.0.1:9/v1';
const history: readonly ChatMessage[] = [
  { role: 'user', name: 'Ben', content: 'good morning' },
  { role: 'assistant', content: 'Good morning, Ben.' },
];

type DialectReply = Parameters<typeof openRealtimeDialect>[1];

/** The bot's Realtime pipeline under settings for a server of a dialect. */
async function openTalk(
  dialect: RealtimeDialect,
  reply: DialectReply = () => ({ text: four }),
) {
  const server = await openRealtimeDialect(dialect, reply, makeTone);
  const isAzure = dialect.title.startsWith('Azure');
  const path = isAzure ? '/openai?api-version=2025-04-01-preview' : '/v1';
  const reported: { readonly kind: string; readonly what?: string }[] = [];
  const environment = {
    PIPELINE: 'realtime',
    REALTIME_BASE_URL: `${server.origin}${path}`,
    REALTIME_MODEL: 'talker',
    REALTIME_API_KEY: 'hunter22',
    TRANSCRIPTION_BASE_URL: nowhere,
    SPEECH_BASE_URL: nowhere,
    CHAT_COMPLETION_BASE_URL: nowhere,
  };
  const engines = await openEngines(readGoodSettings(environment), (news) =>
    reported.push(news as (typeof reported)[number]),
  );
  const { realtime = expect.fail() } = engines;
  return {
    server,
    listHabits: () =>
      reported.flatMap(({ kind, what }) => (kind === 'habit' ? [what] : [])),
    async askTurn(turn: Turn = makeTurn(makeSpokenTurn('how many'))) {
      const host = new FakeHost();
      host.release();
      const answer = realtime.answer(turn, host, never)[Symbol.asyncIterator]();
      return { host, ...(await drainAnswer(answer)) };
    },
    async [Symbol.asyncDispose]() {
      await engines[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

function measureSoundMs(replyParts: readonly ReplyPart[]) {
  return replyParts.reduce(
    (sum, part) => sum + (part.kind === 'audio' ? getDurationMs(part.pcm) : 0),
    0,
  );
}

const fourMs = makeTone(four, 24_000).length / 24;

test.each(listRows(talkDialects))(
  '$title: a question is heard at the right rate, and its answer is whole in words and sound',
  async (dialect) => {
    await using talk = await openTalk(dialect);
    for (let n = 0; n < 2; n++) {
      const { error, parts } = await talk.askTurn({
        ...makeTurn(makeSpokenTurn('how many')),
        history,
      });
      expect([error, joinTexts(parts)]).toEqual([undefined, four]);
      expect(Math.abs(measureSoundMs(parts) - fourMs)).toBeLessThan(20);
    }
    const commits = talk.server.calls.flatMap(({ commits }) => commits);
    expect(commits.map((ms) => Math.round(ms / 20))).toEqual([50, 50]);
  },
);

test.each(listRows(talkDialects))(
  '$title: a tool that is called runs once',
  async (dialect) => {
    const replyAs: DialectReply = (question) =>
      question === 'done' ? { text: 'It is on.' } : { text: '', call: lamp };
    await using talk = await openTalk(dialect, replyAs);
    const { error, host, parts } = await talk.askTurn();
    expect([error, joinTexts(parts)]).toEqual([undefined, 'It is on.']);
    expect(host.ran).toMatchObject([lamp]);
  },
);

const lateEnds = ['vLLM-Omni', 'a server with names of its own'];

test.each(listRows(talkDialects.filter(({ title }) => !lateEnds.includes(title))))(
  '$title: what the server taught is asked no more, and is reported once',
  async (dialect) => {
    await using talk = await openTalk(dialect);
    await talk.askTurn();
    const countRefusals = () =>
      talk.server.calls.flatMap((call) => call.refusals).length;
    const [before, connections] = [countRefusals(), talk.server.calls.length];
    for (let n = 0; n < 2; n++) await talk.askTurn();
    expect(countRefusals()).toBe(before);
    expect(talk.server.calls.length).toBeLessThanOrEqual(connections + 2);
    expect(new Set(talk.listHabits()).size).toBe(talk.listHabits().length);
    if (before > 0) expect(talk.listHabits()).not.toEqual([]);
  },
);

test.each<[string, string?]>([
  ['session.max_output_tokens'],
  ['session.tools'],
  ['session.tool_choice'],
  ['session.output_modalities.audio', 'lamp'],
])('without %s %s the rest of the session stays', async (param, tool) => {
  await using talk = await openTalk(refuseNamed(param, tool));
  const tools = ['bell', 'lamp', 'door'].map((name) => {
    return { name, description: '', parameters: { type: 'object' } };
  });
  for (let n = 0; n < 2; n++) {
    const turn = { ...makeTurn(makeSpokenTurn('how many')), tools };
    const { error, parts } = await talk.askTurn(turn);
    expect([error, joinTexts(parts)]).toEqual([undefined, four]);
  }
  const { calls } = talk.server;
  // The limit has two further names, which are tried.
  expect(calls.flatMap(({ refusals }) => refusals)).toHaveLength(
    param.includes('max') ? 3 : 1,
  );
  const last = JSON.stringify(calls.at(-1)?.commands);
  expect(last).toContain('Be brief.');
  expect(last.includes('"name":"bell"')).toBe(param !== 'session.tools');
  expect(last.includes('"name":"lamp"')).toBe(!tool && param !== 'session.tools');
  expect(talk.listHabits()).toEqual([expect.stringContaining('left out')]);
});

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
