import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { chained, textOnly } from '#src/pipeline/chained.ts';
import { longestToolRounds } from '#src/pipeline/written.ts';
import type { Synthesizer } from '#src/speech/ports.ts';
import {
  drain,
  FakeHost,
  type ModelScript,
  pipelineContract,
  said,
  soundedTexts,
  textOf,
  turnOf,
} from '#test/contracts/pipeline.ts';
import { type ChatStep, FakeChat, toolCall } from '#test/fakes/chat.ts';
import { settled } from '#test/fakes/clock.ts';
import { FakeSynthesizer, type FakeSynthesizerOptions } from '#test/fakes/speech.ts';

const never = new AbortController().signal;
const dead = new BotError('provider.refused', false, 'The server had an error.');

function open(rounds: readonly (readonly ChatStep[])[], voice: FakeSynthesizerOptions = {}) {
  const chat = new FakeChat(rounds, voice.clock);
  const synthesizer = new FakeSynthesizer(voice);
  const host = new FakeHost();
  host.release();
  const answer = (turn = turnOf(said('hello'))) =>
    chained({ chat, synthesizer }).answer(turn, host, never)[Symbol.asyncIterator]();
  return { chat, synthesizer, host, answer };
}

function roundsOf({ says, call, ends }: ModelScript) {
  const words: ChatStep[] = says.match(/\s*\S+/g) ?? [];
  if (ends === 'fail') return [[...words, { error: dead }]];
  if (ends === 'stall') return [[...words, 'stall']];
  return call ? [[...words, { call: call.tool }], [call.afterwards]] : [words];
}

pipelineContract('chained', async (script) => {
  const chat = new FakeChat(roundsOf(script));
  const synthesizer = new FakeSynthesizer();
  return {
    pipeline: chained({ chat, synthesizer }),
    running: () => chat.running + synthesizer.running,
    settled,
    [Symbol.asyncDispose]: async () => undefined,
  };
});

const sentence = (n: number) => ` This is the long sentence number ${n}.`;
const five = [1, 2, 3, 4, 5].map(sentence);

test.each([
  ['This is the whole of it. And then we wen', ['This is the whole of it.']],
  ['And then we wen', ['And then we wen']],
])(
  'of an answer that is cut at its longest length half a sentence is not said: %s',
  async (written, spoken) => {
    const { parts } = await drain(open([[written, 'cut']]).answer());
    expect(soundedTexts(parts)).toEqual(spoken);
  },
);

test('what cannot be said is skipped, and still belongs to the text', async () => {
  const written = 'Here you are: ```\ncode();\n``` That is the whole of it.';
  const { parts } = await drain(open([[written]]).answer());
  expect(textOf(parts)).toBe(written);
  expect(soundedTexts(parts)).toEqual(['Here you are:', 'That is the whole of it.']);
  const fault = (text: string) =>
    text.includes('two')
      ? { afterPieces: 0, error: new BotError('speech.unspeakable', false, 'No words.') }
      : undefined;
  const three = [
    'Now this is one.',
    ' Now this is the number two.',
    ' Now this is the number three.',
  ];
  const rest = await drain(open([three], { fault }).answer());
  expect(soundedTexts(rest.parts)).toEqual(['Now this is one.', 'Now this is the number three.']);
  expect(rest.error).toBeUndefined();
});

test.each([0, 2])(
  'a synthesis that fails after %i pieces ends the answer in its place',
  async (afterPieces) => {
    const fault = (text: string) => (text.includes('2') ? { afterPieces, error: dead } : undefined);
    const { synthesizer, answer } = open([[...five]], { fault });
    const { parts, error } = await drain(answer());
    expect(error).toMatchObject({ code: 'provider.refused', stage: 'speak' });
    const sounded = five.slice(0, afterPieces === 0 ? 1 : 2).map((text) => text.trim());
    expect(soundedTexts(parts)).toEqual(sounded);
    await settled();
    expect(synthesizer.running).toBe(0);
  },
);

test('links, code and tables are told once to be read, and something is said in their place', async () => {
  const asides = { link: 'See the chat.', code: 'Read the code.', table: 'Read the table.' };
  const text = 'Look at https://a.b/c for it.\nOr https://d.e too.\n```\nlet x;\n```\nBye now.';
  const { answer } = open([text.match(/[\s\S]{1,7}/g) ?? []]);
  const turn = turnOf(said('hello'));
  const { parts } = await drain(
    answer({ ...turn, style: { ...turn.style, asidesIn: () => asides } }),
  );
  expect(soundedTexts(parts)).toEqual([
    'Look at for it.',
    'See the chat.',
    'Or too.',
    'Read the code.',
    'Bye now.',
  ]);
  expect(parts.filter(({ kind }) => kind === 'aside')).toEqual([
    { kind: 'aside', text: 'https://a.b/c\nhttps://d.e\n```\nlet x;\n```' },
  ]);
  expect(textOf(parts)).toBe(text);
});

const lamp = (argumentsJson: string) => ({ call: { id: 'a', name: 'lamp', argumentsJson } });

test('after four rounds of tools the model must answer without', async () => {
  const { chat, host, answer } = open([
    [lamp('{}'), { usage: { inputTokens: 1, outputTokens: 2 } }],
  ]);
  const { parts } = await drain(answer());
  expect(host.ran).toHaveLength(longestToolRounds);
  expect(chat.asked.map(({ tools }) => tools.length)).toEqual([1, 1, 1, 1, 0]);
  expect(parts.filter(({ kind }) => kind === 'usage')).toHaveLength(longestToolRounds + 1);
});

test('at most two clauses are made ahead of the one that is read', async () => {
  const { synthesizer, chat, answer } = open([[...five]]);
  const reply = answer();
  await settled();
  expect(chat.running).toBe(0);
  expect(synthesizer.asked).toHaveLength(3);
  await drain(reply);
  expect(synthesizer.asked).toHaveLength(5);
});

test('of a long clause less than three seconds of sound are made ahead of who listens', async () => {
  let madeMs = 0;
  const synthesizer: Synthesizer = {
    async *synthesize() {
      for (; madeMs < 10_000; madeMs += 100)
        yield { samples: new Int16Array(2_400), rateHz: 24_000, channels: 1 };
    },
  };
  const { chat } = open([['One sentence.']]);
  const host = new FakeHost();
  host.release();
  const parts = chained({ chat, synthesizer }).answer(turnOf(said('hello')), host, never);
  for await (const { kind } of parts) {
    if (kind !== 'audio') continue;
    await settled();
    break;
  }
  expect(madeMs).toBeGreaterThan(500);
  expect(madeMs).toBeLessThan(3_000);
});

test('calls of the tools of a program end its answer, all of them, and none is run', async () => {
  const calls = Array.from({ length: 9 }, (_, n) => toolCall('bark', {}, `call_${n}`));
  const chat = new FakeChat([['I bark.', ...calls]]);
  const host = new FakeHost();
  const turn = { ...turnOf(), tools: [], sent: { tools: [{ type: 'function' }] } };
  const parts = await Array.fromAsync(textOnly(chat).answer(turn, host, never));
  expect(parts.map(({ kind }) => kind)).toEqual(['text', ...calls.map(() => 'tool')]);
  expect([chat.asked.length, host.ran]).toEqual([1, []]);
});
