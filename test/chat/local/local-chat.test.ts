import { toGuildId } from '#src/base/ids.ts';
import type { ChatMessage } from '#src/chat/chat-model.ts';
import { LocalChat } from '#src/chat/local/local-chat.ts';
import { closeThoughts, readChatBody } from '#src/chat/local/process/chat-body.ts';
import {
  dropUnneeded,
  JsonProgress,
  toGrammarSchema,
} from '#src/chat/local/process/grammar-schema.ts';
import type { LlamaSequence, Token } from '#src/chat/local/process/llama-library.ts';
import { type PlacedPrompt, TalkSlots } from '#src/chat/local/process/talk-slots.ts';
import { PromptReader } from '#src/chat/local/prompt-reader.ts';
import {
  adam,
  hearSpeech,
  joinLounge,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/fake-speech.ts';

const options = {
  file: 'model.gguf',
  libraryFolder: 'library',
  maxTokens: 100,
  maxResidentBytes: 1e9,
  entry: new URL('./obedient-chat.ts', import.meta.url),
};
const chat = new LocalChat(options);
afterAll(() => chat[Symbol.asyncDispose]());
const never = new AbortController().signal;

function askChat(content: string, signal = never) {
  const messages: readonly ChatMessage[] = [{ role: 'user', name: '', content }];
  return chat.model.reply(messages, [], signal);
}

async function readReply(content: string) {
  let text = '';
  for await (const part of askChat(content))
    if (part.kind === 'text') text += part.text;
  return text;
}

test('an answer of a process comes in parts, with speed and memory for the operator', async () => {
  const utterance = 'All that is said comes back in small pieces.';
  expect(await readReply(utterance)).toBe(utterance);
  expect(chat.speed).toEqual({
    tokensPerSecond: 150,
    residentBytes: 1_000,
    gpu: '',
    openRequests: 0,
  });
});

test('a process that dies fails its answer, and another one answers the next', async () => {
  await expect(readReply('die')).rejects.toMatchObject({ retryable: true });
  expect(await readReply('Hello again.')).toBe('Hello again.');
});

test('a process that dies in the middle of an answer breaks it off, and another one answers the next', async () => {
  let text = '';
  const reading = (async () => {
    for await (const part of askChat('This is broken off.'))
      if (part.kind === 'text') text += part.text;
  })();
  await expect(reading).rejects.toMatchObject({ retryable: true });
  expect(text).toBe('Thi');
  expect(await readReply('Hello again.')).toBe('Hello again.');
});

test('a prompt that is read for long gives signs of life, and is refused all the same if it is too long', async () => {
  await expect(readReply('too long')).rejects.toMatchObject({
    code: 'provider.refused',
    about: { status: 400 },
  });
});

/** Lets time pass in a session whose model is a real process, until something is so. */
async function passTimeUntil(fixture: SessionFixture, isSo: () => boolean) {
  await vi.waitUntil(
    async () => {
      await passTime(fixture, 200);
      return isSo();
    },
    { timeout: 60_000, interval: 20 },
  );
}

test('a person whose model dies in mid-speech hears what was ready and why there is no more, and is answered next', async () => {
  let words = 'All of this is heard. Then it ends here, and this is lost.';
  const transcriber = new FakeTranscriber({ texts: () => words });
  const synthesizer = new FakeSynthesizer();
  const onDeath = vi.fn();
  await using dying = new LocalChat({ ...options, onDeath });
  const engines = { chat: dying.model, synthesizer, transcriber };
  const fixture = await joinLounge(engines, [adam]);
  await hearSpeech(fixture, 1_400, 'synth-flite-slt-what-time-is-it');
  await passTimeUntil(fixture, () => fixture.of('failed').length > 0);
  expect(fixture.of('answered')).toMatchObject([
    { heardText: 'Adam: All of this is heard', finish: 'failed' },
  ]);
  await passTime(fixture, 5_000);
  expect(synthesizer.texts.slice(1)).toEqual([
    expect.stringMatching("^I can't think right now"),
  ]);
  words = 'Hello again.';
  await hearSpeech(fixture, 1_400, 'synth-flite-slt-what-time-is-it');
  await passTimeUntil(fixture, () => fixture.of('answered').length > 1);
  expect(fixture.of('answered').at(-1)?.heardText).toBe('Adam: Hello again.');
  expect(fixture.of('failed')).toHaveLength(1);
  expect(onDeath).toHaveBeenCalledTimes(1);
}, 120_000);

test('whoever hears no more lets the answer go, and the next one is not kept waiting', async () => {
  const leaving = new AbortController();
  const reading = (async () => {
    for await (const part of askChat(`slow ${'word '.repeat(2_000)}`, leaving.signal))
      if (part.kind === 'text') leaving.abort(new Error('left'));
  })();
  await expect(reading).rejects.toThrow('left');
  expect(await readReply('Next.')).toBe('Next.');
  expect(chat.speed.openRequests).toBe(0);
});

test('two ask at once, and both are answered', async () => {
  expect(await Promise.all([readReply('One.'), readReply('Two.')])).toEqual([
    'One.',
    'Two.',
  ]);
});

test('what prompts begin with is read ahead by the process, and by the next one after a death', async () => {
  const instructions = [{ role: 'system', content: 'Be brief.' }] as const;
  chat.model.prepare?.(() => ({ messages: instructions, tools: [], signal: never }));
  const listRead = () => readReply('What did you read ahead?');
  await expect.poll(listRead).toBe('Be brief.');
  await expect(readReply('die')).rejects.toThrow();
  await expect.poll(listRead).toBe('Be brief.');
});

test('words are not judged by a model of this machine, which would write its judgement before the first word', async () => {
  const order = {
    role: 'user',
    name: '',
    content: 'Whole?',
    onJudged: vi.fn(),
  } as const;
  const question = { role: 'user', name: 'Ana', content: 'Hello.' } as const;
  let text = '';
  for await (const part of chat.model.reply([question, order], [], never))
    if (part.kind === 'text') text += part.text;
  expect(text).toBe('Ana: Hello.');
  expect(order.onJudged).not.toHaveBeenCalled();
});

test('erased words are forgotten by the process, before the next question', async () => {
  chat.forgetTalks();
  expect(await readReply('What did you forget?')).toBe('forgetAll');
});

const lamp = {
  type: 'function',
  function: {
    name: 'lamp',
    description: 'Turns a lamp on or off.',
    parameters: {
      type: 'object',
      properties: { on: { type: 'boolean' }, room: { enum: ['hall', 'bath'] } },
      required: ['on'],
    },
  },
};

function readBody(body: object) {
  return readChatBody(JSON.stringify(body));
}

test('tools, calls and results stand in the words, so that each template takes them', () => {
  const { messages } = readBody({
    tools: [lamp],
    messages: [
      { role: 'system', content: 'Be short.' },
      { role: 'user', content: 'Light!' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'a', function: { name: 'lamp', arguments: '{"on":true}' } }],
      },
      { role: 'tool', tool_call_id: 'a', content: 'done' },
      { role: 'user', content: 'Thanks.' },
    ],
  });
  expect(messages.map(({ role }) => role)).toEqual([
    'system',
    'user',
    'assistant',
    'user',
  ]);
  const [instructions, , call, result] = messages.map(({ content }) => content);
  expect(instructions).toContain(
    '- lamp(on: boolean, room?: hall|bath): Turns a lamp on or off.',
  );
  expect(call).toBe(
    '<tool_call>\n{"name":"lamp","arguments":{"on":true}}\n</tool_call>',
  );
  expect(result).toBe('<tool_response>\ndone\n</tool_response>\nThanks.');
});

test('a call can be demanded, of one tool or any, or forbidden', () => {
  const messages = [{ role: 'user', content: 'Light!' }];
  expect(readBody({ messages, tools: [lamp] }).mustCall).toBe(false);
  expect(readBody({ messages, tools: [lamp], tool_choice: 'required' }).mustCall).toBe(
    true,
  );
  expect(readBody({ messages, tools: [lamp], tool_choice: 'none' }).tools).toEqual([]);
  const other = { type: 'function', function: { name: 'door' } };
  expect(readBody({ messages, tools: [lamp], tool_choice: other }).tools).toEqual([]);
});

test('JSON of a schema becomes a grammar', () => {
  const schema = {
    type: 'object',
    properties: { n: { type: 'integer' } },
    required: ['n'],
  };
  const format = { type: 'json_schema', json_schema: { name: 'count', schema } };
  const messages = [{ role: 'user', content: 'Count.' }];
  expect(readBody({ messages, response_format: format }).json).toEqual({
    type: 'object',
    properties: { n: { type: 'integer' } },
  });
});

test.each([
  [
    '<|im_start|>assistant\n<think>\n',
    '<|im_start|>assistant\n<think>\n\n</think>\n\n',
  ],
  ['<|Assistant|><think>', '<|Assistant|><think>\n\n</think>\n\n'],
  ['[/INST][THINK]', '[/INST][THINK]\n\n[/THINK]\n\n'],
])('thoughts that a template opens for the answer are closed: %o', (prompt, closed) => {
  expect(closeThoughts(prompt)).toBe(closed);
});

test('a prompt without opened thoughts stays as it is', () => {
  for (const prompt of ['<think>\n\n</think>\n\n', 'What is <think>?', 'I think'])
    expect(closeThoughts(prompt)).toBe(prompt);
});

test.each(['', '{}', '{"messages":[]}', '{"messages":[{"role":1}]}', '[1'])(
  'a body %o that is no request is refused',
  (body) => {
    expect(() => readChatBody(body)).toThrow();
  },
);

const reminder = {
  type: 'object',
  properties: {
    text: { type: 'string', maxLength: 1_500 },
    minutes: { type: 'integer' },
    who: { enum: ['me', 'all'] },
  },
  required: ['text'],
};

test('a property that may be left out may be null, and the null is dropped again', () => {
  expect(toGrammarSchema(reminder)).toEqual({
    type: 'object',
    properties: {
      text: { type: 'string' },
      minutes: { oneOf: [{ type: 'integer' }, { type: 'null' }] },
      who: { oneOf: [{ enum: ['me', 'all'] }, { type: 'null' }] },
    },
  });
  const written = { text: 'tea', minutes: null, who: 'me' };
  expect(dropUnneeded(written, reminder)).toEqual({ text: 'tea', who: 'me' });
});

test('a null that is demanded stays', () => {
  const schema = {
    type: 'object',
    properties: { a: { type: 'null' } },
    required: ['a'],
  };
  expect(dropUnneeded({ a: null }, schema)).toEqual({ a: null });
});

test('a null is dropped in lists and in choices of forms, and stays where no form names it', () => {
  const entry = {
    type: 'object',
    properties: { name: { type: 'string' }, age: { type: 'integer' } },
    required: ['name'],
  };
  const properties = {
    people: { type: 'array', items: entry },
    owner: { anyOf: [{ type: 'null' }, entry] },
    anything: { type: 'object', additionalProperties: true },
  };
  const written = {
    people: [{ name: 'Ana', age: null }],
    owner: { name: 'Ben', age: null },
    anything: { free: null },
  };
  expect(dropUnneeded(written, { type: 'object', properties })).toEqual({
    people: [{ name: 'Ana' }],
    owner: { name: 'Ben' },
    anything: { free: null },
  });
});

test('a schema that holds itself ends', () => {
  const endless: Record<string, unknown> = { type: 'array' };
  endless.items = endless;
  expect(JSON.stringify(toGrammarSchema(endless)).length).toBeLessThan(1_000);
});

/** Values of JSON whose brackets or quotation marks tell their end. */
const wholeValues = [
  '{"a": "}", "b": ["]", {"c": "\\"}"}]}',
  '[[], {}, "\\\\"]',
  '"a \\" b"',
  '{\n}',
];

test.each(wholeValues)(
  'JSON is whole at its last letter and not before: %s',
  (value) => {
    const progress = new JsonProgress();
    for (const letter of value) {
      expect(progress.isWhole).toBe(false);
      progress.add(letter);
    }
    expect(progress.isWhole).toBe(true);
    progress.add('\n\n');
    expect(progress.isWhole).toBe(true);
  },
);

test('the pieces of a string that is open are counted from its beginning', () => {
  const progress = new JsonProgress();
  const counts = ['{"a', 'b', '": "', 'c', '"', ', "d'].map((piece) => {
    progress.add(piece);
    return progress.openStringPieces;
  });
  expect(counts).toEqual([1, 2, 1, 2, 0, 1]);
});

function toTokens(...numbers: readonly number[]) {
  return numbers as unknown as readonly Token[];
}

/** A sequence that holds these tokens. */
function createSequence(held: readonly Token[]) {
  const sequence = {
    contextTokens: held,
    async clearHistory() {
      sequence.contextTokens = [];
    },
  };
  return sequence as unknown as LlamaSequence;
}

const [guildA, guildB, guildC] = [toGuildId('1'), toGuildId('2'), toGuildId('3')];

/** A prompt with 50 tokens of instructions. */
function toPrompt(tokens: readonly Token[], guildId = guildA): PlacedPrompt {
  return { tokens, headTokens: 50, hasWords: tokens.length > 55, guildId };
}

/** Reads a prompt into its place, as the model does. */
function readPrompt(slots: TalkSlots, prompt: PlacedPrompt, how: 'hold' | 'holdAhead') {
  using slot = slots[how](prompt);
  if (slot) Object.assign(slot.sequence, { contextTokens: prompt.tokens });
  return slot?.sequence;
}

const head = Array.from({ length: 50 }, (_, n) => n);
const talkA = toTokens(...head, ...Array(20).fill(100));
const talkB = toTokens(...head, ...Array(20).fill(200));

test('a talk finds the place that holds its words, and another talk does not take it', () => {
  const [a, b] = [createSequence(talkA), createSequence([])];
  const slots = new TalkSlots([a, b], () => 1);
  {
    using held = slots.hold(toPrompt([...talkA, ...toTokens(7)]));
    expect(held?.sequence).toBe(a);
  }
  using otherSlot = slots.hold(toPrompt(talkB));
  expect(otherSlot?.sequence).toBe(b);
});

test('a third talk takes the place that nobody has used for longest, and none that is busy', () => {
  const [a, b] = [createSequence(talkA), createSequence(talkB)];
  let nowMs = 1;
  const slots = new TalkSlots([a, b], () => nowMs);
  slots.hold(toPrompt(talkB))?.[Symbol.dispose]();
  nowMs = 2;
  slots.hold(toPrompt(talkA))?.[Symbol.dispose]();
  using third = slots.hold(toPrompt(toTokens(1, 2, 3)));
  expect(third?.sequence).toBe(b);
  using fourth = slots.hold(toPrompt(toTokens(1, 2, 3)));
  expect(fourth?.sequence).toBe(a);
  expect(slots.hold(toPrompt(toTokens(1)))).toBeUndefined();
});

const beginning = toTokens(...head, 1, 2);

test('the beginning read ahead for a server is taken by its question, though the instructions end with another language', () => {
  const [a, b] = [createSequence([]), createSequence([])];
  const slots = new TalkSlots([a, b], () => 1);
  expect(readPrompt(slots, toPrompt(beginning), 'holdAhead')).toBe(a);
  expect(readPrompt(slots, toPrompt(talkA), 'hold')).toBe(a);
});

test('each server has a beginning of its own, so that a talk of one leaves the next one to the other', () => {
  const [a, b] = [createSequence([]), createSequence([])];
  const slots = new TalkSlots([a, b], () => 1);
  readPrompt(slots, toPrompt(beginning, guildA), 'holdAhead');
  expect(readPrompt(slots, toPrompt(beginning, guildB), 'holdAhead')).toBe(b);
  expect(readPrompt(slots, toPrompt(talkB, guildB), 'hold')).toBe(b);
  expect(readPrompt(slots, toPrompt(talkA, guildA), 'hold')).toBe(a);
});

test('reading ahead takes the place of no talk that others go on with, and that of one that rests', () => {
  const [a, b] = [createSequence(talkA), createSequence(talkB)];
  let nowMs = 0;
  const slots = new TalkSlots([a, b], () => nowMs);
  readPrompt(slots, toPrompt(talkA, guildA), 'hold');
  readPrompt(slots, toPrompt(talkB, guildB), 'hold');
  nowMs = 119_000;
  expect(readPrompt(slots, toPrompt(beginning, guildC), 'holdAhead')).toBeUndefined();
  nowMs = 121_000;
  expect(readPrompt(slots, toPrompt(beginning, guildC), 'holdAhead')).toBe(a);
});

test('a talk whose words are read ahead goes on in its place, and what is known already is not read again', () => {
  const [a, b] = [createSequence([]), createSequence([])];
  const slots = new TalkSlots([a, b], () => 1);
  readPrompt(slots, toPrompt(talkA), 'hold');
  const next = toPrompt([...talkA, ...toTokens(8, 9)]);
  expect(readPrompt(slots, next, 'holdAhead')).toBe(a);
  expect(slots.holdAhead(next)).toBeUndefined();
});

test('words of a talk that nobody goes on with are forgotten after 15 minutes', async () => {
  const a = createSequence(talkA);
  let nowMs = 0;
  const slots = new TalkSlots([a], () => nowMs);
  slots.hold(toPrompt(talkA))?.[Symbol.dispose]();
  nowMs = 15 * 60_000;
  await slots.forgetOld();
  expect(a.contextTokens).toHaveLength(70);
  nowMs += 1;
  await slots.forgetOld();
  expect(a.contextTokens).toHaveLength(0);
});

test('words that were erased are forgotten at once, and those of a running request at its end', async () => {
  const [a, b] = [createSequence(talkA), createSequence(talkB)];
  const slots = new TalkSlots([a, b], () => 1);
  const running = slots.hold(toPrompt(talkA));
  await slots.forgetAll();
  expect([a.contextTokens, b.contextTokens]).toEqual([talkA, []]);
  running?.[Symbol.dispose]();
  await slots.forgetOld();
  expect(a.contextTokens).toEqual([]);
});

/** A reader whose readings end by hand, each told by its body. */
function createReader() {
  const readings: { body: string; isStopped: boolean; end: (error?: Error) => void }[] =
    [];
  const process: { id: number | undefined } = { id: 1 };
  const reader = new PromptReader({
    findReader: () => process.id,
    read: (_guildId, body, signal) => {
      const { promise, reject, resolve } = Promise.withResolvers<void>();
      const reading = {
        body,
        isStopped: false,
        end: (error?: Error) => (error ? reject(error) : resolve()),
      };
      signal.addEventListener('abort', () => {
        reading.isStopped = true;
        reject(signal.reason);
      });
      readings.push(reading);
      return promise;
    },
  });
  const listBodies = () => readings.map(({ body }) => body);
  return { reader, readings, process, listBodies };
}

/** Lets everything that is due happen. */
const waitForTurn = () => new Promise((resolve) => setImmediate(resolve));

test('beginnings of servers are read one after another, each once', async () => {
  const { listBodies, reader, readings } = createReader();
  reader.want(guildA, 'a', never);
  reader.want(guildB, 'b', never);
  reader.want(guildB, 'b', never);
  expect(listBodies()).toEqual(['a']);
  readings[0]?.end();
  await waitForTurn();
  readings[1]?.end();
  await waitForTurn();
  reader.giveWay()();
  await waitForTurn();
  expect(listBodies()).toEqual(['a', 'b']);
});

test('a request stops the reading, which goes on behind the last one', async () => {
  const { listBodies, reader, readings } = createReader();
  reader.want(guildA, 'a', never);
  const [endFirst, endSecond] = [reader.giveWay(), reader.giveWay()];
  expect(readings[0]?.isStopped).toBe(true);
  await waitForTurn();
  endFirst();
  await waitForTurn();
  expect(listBodies()).toEqual(['a']);
  endSecond();
  await waitForTurn();
  expect(listBodies()).toEqual(['a', 'a']);
});

test('a changed beginning takes the place of the former one, whose reading stops', async () => {
  const { listBodies, reader, readings } = createReader();
  reader.want(guildA, 'a', never);
  reader.want(guildA, 'changed', never);
  expect(readings[0]?.isStopped).toBe(true);
  await waitForTurn();
  expect(listBodies()).toEqual(['a', 'changed']);
});

test('what nobody wants any more is not read', async () => {
  const { listBodies, reader, readings } = createReader();
  const leaving = new AbortController();
  reader.want(guildA, 'a', leaving.signal);
  leaving.abort();
  expect(readings[0]?.isStopped).toBe(true);
  await waitForTurn();
  reader.giveWay()();
  await waitForTurn();
  expect(listBodies()).toEqual(['a']);
});

test('what a process has read is read again by the next one, and by the same one only if that is asked', async () => {
  const { listBodies, process, reader, readings } = createReader();
  reader.want(guildA, 'a', never);
  readings[0]?.end();
  await waitForTurn();
  reader.giveWay()();
  await waitForTurn();
  expect(listBodies()).toEqual(['a']);
  process.id = 2;
  reader.giveWay()();
  await waitForTurn();
  readings[1]?.end();
  await waitForTurn();
  void reader.readAgain();
  expect(listBodies()).toEqual(['a', 'a', 'a']);
});

test('what cannot be read is left alone until it changes', async () => {
  const { listBodies, reader, readings } = createReader();
  reader.want(guildA, 'a', never);
  readings[0]?.end(new Error('the process died'));
  await waitForTurn();
  reader.giveWay()();
  await waitForTurn();
  expect(listBodies()).toEqual(['a']);
});
