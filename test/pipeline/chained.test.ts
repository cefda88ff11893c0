import { BotError } from '#src/base/errors.ts';
import type { SentFields } from '#src/chat/chat-model.ts';
import {
  createChainedPipeline,
  createTextPipeline,
} from '#src/pipeline/chained-pipeline.ts';
import { maxToolRounds } from '#src/pipeline/written-answer.ts';
import type { Synthesizer } from '#src/speech/speech-engine.ts';
import {
  drainAnswer,
  FakeHost,
  joinTexts,
  listSoundedTexts,
  type ModelScript,
  makeTurn,
  testPipeline,
  toUtterance,
} from '#test/contracts/pipeline-contract.ts';
import { type ChatStep, FakeChat, makeToolCall } from '#test/fakes/fake-chat.ts';
import {
  FakeSynthesizer,
  type FakeSynthesizerOptions,
} from '#test/fakes/fake-speech.ts';
import { waitUntilSettled } from '#test/fakes/virtual-clock.ts';

const never = new AbortController().signal;
const dead = new BotError('provider.refused', false, 'The server had an error.');

function openPipeline(
  rounds: readonly (readonly ChatStep[])[],
  voice: FakeSynthesizerOptions = {},
) {
  const chat = new FakeChat(rounds, voice.clock);
  const synthesizer = new FakeSynthesizer(voice);
  const host = new FakeHost();
  host.release();
  const answerTurn = (turn = makeTurn(toUtterance('hello'))) =>
    createChainedPipeline({ chat, synthesizer })
      .answer(turn, host, never)
      [Symbol.asyncIterator]();
  return { chat, synthesizer, host, answer: answerTurn };
}

function roundsOf({ says, call, ends }: ModelScript) {
  const words: ChatStep[] = says.match(/\s*\S+/g) ?? [];
  if (ends === 'fail') return [[...words, { error: dead }]];
  if (ends === 'stall') return [[...words, 'stall']];
  return call ? [[...words, { call: call.tool }], [call.afterwards]] : [words];
}

testPipeline('chained', async (script) => {
  const chat = new FakeChat(roundsOf(script));
  const synthesizer = new FakeSynthesizer();
  return {
    pipeline: createChainedPipeline({ chat, synthesizer }),
    countRunning: () => chat.running + synthesizer.running,
    settled: waitUntilSettled,
    [Symbol.asyncDispose]: async () => undefined,
  };
});

const makeSentence = (n: number) => ` This is the long sentence number ${n}.`;
const five = [1, 2, 3, 4, 5].map(makeSentence);

test.each([
  ['This is the whole of it. And then we wen', ['This is the whole of it.']],
  ['And then we wen', ['And then we wen']],
])(
  'of an answer that is cut at its longest length half a sentence is not said: %s',
  async (written, spoken) => {
    const { parts } = await drainAnswer(openPipeline([[written, 'cut']]).answer());
    expect(listSoundedTexts(parts)).toEqual(spoken);
  },
);

test('what cannot be said is skipped, and still belongs to the text', async () => {
  const written = 'Here you are: ```\ncode();\n``` That is the whole of it.';
  const { parts } = await drainAnswer(openPipeline([[written]]).answer());
  expect(joinTexts(parts)).toBe(written);
  expect(listSoundedTexts(parts)).toEqual([
    'Here you are:',
    'That is the whole of it.',
  ]);
  const findFault = (text: string) =>
    text.includes('two')
      ? {
          afterPieces: 0,
          error: new BotError('speech.unspeakable', false, 'No words.'),
        }
      : undefined;
  const three = [
    'Now this is one.',
    ' Now this is the number two.',
    ' Now this is the number three.',
  ];
  const rest = await drainAnswer(openPipeline([three], { fault: findFault }).answer());
  expect(listSoundedTexts(rest.parts)).toEqual([
    'Now this is one.',
    'Now this is the number three.',
  ]);
  expect(rest.error).toBeUndefined();
});

test.each([0, 2])(
  'a synthesis that fails after %i pieces ends the answer in its place',
  async (afterPieces) => {
    const findFault = (text: string) =>
      text.includes('2') ? { afterPieces, error: dead } : undefined;
    const { synthesizer, answer } = openPipeline([[...five]], { fault: findFault });
    const { parts, error } = await drainAnswer(answer());
    expect(error).toMatchObject({ code: 'provider.refused', stage: 'speak' });
    const sounded = five.slice(0, afterPieces === 0 ? 1 : 2).map((text) => text.trim());
    expect(listSoundedTexts(parts)).toEqual(sounded);
    await waitUntilSettled();
    expect(synthesizer.running).toBe(0);
  },
);

test('links, code and tables are told once to be read, and a notice is said once', async () => {
  const text =
    'Look at https://a.b/c for it.\nOr https://d.e too.\n```\nlet x;\n```\n| a | b |\n|---|---|\n| 1 | 2 |\nBye now.';
  const { answer } = openPipeline([text.match(/[\s\S]{1,7}/g) ?? []]);
  const turn = makeTurn(toUtterance('hello'));
  const { parts } = await drainAnswer(
    answer({
      ...turn,
      style: { ...turn.style, getAsideNotice: () => 'See the chat.' },
    }),
  );
  expect(listSoundedTexts(parts)).toEqual([
    'Look at https://a.b/c for it.',
    'See the chat.',
    'Or https://d.e too.',
    'Bye now.',
  ]);
  expect(parts.filter(({ kind }) => kind === 'aside')).toEqual([
    {
      kind: 'aside',
      text: 'https://a.b/c\nhttps://d.e\n```\nlet x;\n```\n```\n| a | b |\n|---|---|\n| 1 | 2 |\n```',
    },
  ]);
  expect(joinTexts(parts)).toBe(text);
});

const callLamp = (argumentsJson: string) => ({
  call: { id: 'a', name: 'lamp', argumentsJson },
});

test('after four rounds of tools the model must answer without', async () => {
  const { chat, host, answer } = openPipeline([
    [callLamp('{}'), { usage: { inputTokens: 1, outputTokens: 2 } }],
  ]);
  const { parts } = await drainAnswer(answer());
  expect(host.ran).toHaveLength(maxToolRounds);
  expect(chat.asked.map(({ tools }) => tools.length)).toEqual([1, 1, 1, 1, 0]);
  expect(parts.filter(({ kind }) => kind === 'usage')).toHaveLength(maxToolRounds + 1);
});

test('at most two clauses are made ahead of the one that is read', async () => {
  const { synthesizer, chat, answer } = openPipeline([[...five]]);
  const reply = answer();
  await waitUntilSettled();
  expect(chat.running).toBe(0);
  expect(synthesizer.asked).toHaveLength(3);
  await drainAnswer(reply);
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
  const { chat } = openPipeline([['One sentence.']]);
  const host = new FakeHost();
  host.release();
  const replyStream = createChainedPipeline({ chat, synthesizer }).answer(
    makeTurn(toUtterance('hello')),
    host,
    never,
  );
  for await (const { kind } of replyStream) {
    if (kind !== 'audio') continue;
    await waitUntilSettled();
    break;
  }
  expect(madeMs).toBeGreaterThan(500);
  expect(madeMs).toBeLessThan(3_000);
});

test('calls of the tools of a program end its answer, all of them, and none is run', async () => {
  const calls = Array.from({ length: 9 }, (_, n) =>
    makeToolCall('bark', {}, `call_${n}`),
  );
  const chat = new FakeChat([['I bark.', ...calls]]);
  const host = new FakeHost();
  const turn = {
    ...makeTurn(),
    tools: [],
    sent: { tools: [{ type: 'function' }] } as unknown as SentFields,
  };
  const replyParts = await Array.fromAsync(
    createTextPipeline(chat).answer(turn, host, never),
  );
  expect(replyParts.map(({ kind }) => kind)).toEqual([
    'text',
    ...calls.map(() => 'tool'),
  ]);
  expect([chat.asked.length, host.ran]).toEqual([1, []]);
});
