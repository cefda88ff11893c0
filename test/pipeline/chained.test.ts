import { BotError, type ErrorCode } from '#src/base/errors.ts';
import type {
  ChatMessage,
  ChatModel,
  ChatPart,
  SentFields,
} from '#src/chat/chat-model.ts';
import {
  createChainedPipeline,
  createTextPipeline,
  judgeOrder,
  withWordsJudge,
} from '#src/pipeline/chained-pipeline.ts';
import type { ReplyPart } from '#src/pipeline/pipeline.ts';
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
  type SynthesisFault,
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

const makeSpacedSentence = (n: number) => ` This is the long sentence number ${n}.`;
const five = [1, 2, 3, 4, 5].map(makeSpacedSentence);

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

const makeSentence = (n: number) => `This is the long sentence number ${n}.`;
const four = [1, 2, 3, 4].map(makeSentence);
const makeBroken = (retryable = true, code: ErrorCode = 'provider.refused') =>
  new BotError(code, retryable, 'The voice broke.');

type Fault = () => SynthesisFault | undefined;

/** Four sentences; `faults` are those of the sound of each, by its number. */
async function answerSentences(faults: Readonly<Record<number, Fault>>) {
  const synthesizer = new FakeSynthesizer({
    pieces: 2,
    fault: (text) => faults[four.indexOf(text) + 1]?.(),
  });
  const chat = new FakeChat([four.map((text) => ` ${text}`)]);
  const replyParts: ReplyPart[] = [];
  let error: unknown;
  try {
    const reply = createChainedPipeline({ chat, synthesizer }).answer(
      makeTurn(toUtterance('hi')),
      new FakeHost(),
      never,
    );
    for await (const part of reply) replyParts.push(part);
  } catch (thrown) {
    error = thrown;
  }
  const unspoken = replyParts.flatMap((part) =>
    part.kind === 'unspoken' ? [part.text] : [],
  );
  const requests = synthesizer.asked.map(({ text }) => four.indexOf(text) + 1);
  return {
    parts: replyParts,
    error,
    unspoken,
    asked: requests,
    sounded: listSoundedTexts(replyParts),
    running: synthesizer.running,
  };
}

const failBefore = (error: unknown) => ({ afterPieces: 0, error });

test('two sentences in a row without sound: the voice is out, and the answer is still written whole', async () => {
  const failSentence = () => failBefore(makeBroken());
  const { error, parts, sounded, running } = await answerSentences({
    2: failSentence,
    3: failSentence,
    4: failSentence,
  });
  expect(error).toMatchObject({ code: 'provider.refused', stage: 'speak' });
  expect(joinTexts(parts).trim()).toBe(four.join(' '));
  expect([sounded, running]).toEqual([[makeSentence(1)], 0]);
  expect((await answerSentences({ 2: failSentence, 3: failSentence })).sounded).toEqual(
    [makeSentence(1)],
  );
});

test.each([
  ['refuses the key', makeBroken(false, 'provider.bad_key')],
  ['hangs', makeBroken(true, 'provider.late')],
])('a voice that %s is not asked again', async (_, fault) => {
  const failSentence = () => failBefore(fault);
  const { error, asked, unspoken } = await answerSentences({
    1: failSentence,
    2: failSentence,
    3: failSentence,
    4: failSentence,
  });
  expect(error).toMatchObject({ code: fault.code, stage: 'speak' });
  expect([asked, unspoken]).toEqual([[1], [makeSentence(1)]]);
});

test.each([
  ['fixed', []],
  [
    'settled',
    [
      '(Answer in German from here on, unless the very words that you answer ask for another language.)',
    ],
  ],
  [
    'open',
    [
      '(Answer in German from here on, unless the words that you answer, more than one, are in another language or ask for it.)',
    ],
  ],
] as const)(
  'a model is told the time zone, and the language of the answer where it is %s',
  async (stability, orders) => {
    const chat = new FakeChat([['Ja.']]);
    const language = {
      now: 'de',
      stability,
      isOutdated: false,
      hear: async () => undefined,
    };
    const spoken = createChainedPipeline({ chat, synthesizer: new FakeSynthesizer() });
    const request = makeTurn(toUtterance('Hallo'));
    const style = { ...request.style, timeZone: 'Asia/Tokyo' };
    const turn = { ...request, language, style };
    await Array.fromAsync(spoken.answer(turn, new FakeHost(), never));
    const [instructions, ...others] = chat.asked[0]?.messages ?? [];
    expect(instructions).toEqual({
      role: 'system',
      language: 'de',
      timeZone: 'Asia/Tokyo',
      content: 'Be brief.',
    });
    expect(others.map(({ content }) => content)).toEqual([...orders, 'Hallo']);
  },
);

test('where no voice speaks the language each clause is asked once, and all is to be read', async () => {
  const voice = new FakeSynthesizer({
    fault: () =>
      failBefore(
        new BotError(
          'speech.no_voice',
          false,
          'It speaks English.',
          undefined,
          undefined,
          {
            language: 'de',
          },
        ),
      ),
  });
  const language = {
    now: 'de',
    stability: 'settled',
    isOutdated: false,
    hear: async () => undefined,
  } as const;
  const turn = { ...makeTurn(toUtterance('Hallo du')), language };
  const reply = createChainedPipeline({
    chat: new FakeChat([four.map((text) => ` ${text}`)]),
    synthesizer: voice,
  });
  const replyParts: ReplyPart[] = [];
  for await (const part of reply.answer(turn, new FakeHost(), never))
    replyParts.push(part);
  expect(replyParts.filter(({ kind }) => kind === 'unspoken')).toEqual(
    four.map((text) => ({ kind: 'unspoken', text, language: 'de' })),
  );
  expect(joinTexts(replyParts).trim()).toBe(four.join(' '));
  expect(voice.asked.map(({ text }) => text)).toEqual(four);
});

const said = [{ role: 'user', name: 'Ben', content: 'How far is it?' }] as const;
const shownTexts = ['How far is it?'];
const ten = { kind: 'text', text: 'Ten.' } as const;
const by = { kind: 'remote', model: 'other', host: 'localhost' } as const;
const usage: ChatPart = {
  kind: 'usage',
  usage: { inputTokens: 0, outputTokens: 0, by },
};
const call: ChatPart = {
  kind: 'tool',
  call: { id: 'a', name: 'clock', argumentsJson: '{}' },
};

type Step = ChatPart | boolean | Error;

/** A step of a model: a part of its answer, a judgement or an error. */
function* performStep(step: Step, last: ChatMessage | undefined) {
  if (step instanceof Error) throw step;
  if (typeof step === 'object') yield step;
  else if (last && 'onJudged' in last) last.onJudged?.(step);
}

/** A model of these rounds that judges, and what it was shown and judged. */
function openJudging(...rounds: readonly (readonly Step[])[]) {
  const requests: string[][] = [];
  const verdicts: unknown[] = [];
  const wanted = Promise.withResolvers<void>();
  const chat: ChatModel = {
    async *reply(messages) {
      requests.push(messages.map(({ content }) => content));
      for (const step of rounds[requests.length - 1] ?? [])
        yield* performStep(step, messages.at(-1));
    },
  };
  const judging = withWordsJudge(chat, {
    awaitJudgement: () => (isWhole, model) => void verdicts.push([isWhole, model]),
    waitUntilWanted: () => wanted.promise,
  });
  const readJudged = () =>
    Array.fromAsync(judging.reply(said, [], new AbortController().signal));
  return { asked: requests, read: readJudged, verdicts, want: wanted.resolve };
}

test('the order stands behind the newest words, in the first request alone', async () => {
  const { asked, read, verdicts } = openJudging([true, call], [ten]);
  expect([await read(), await read()]).toEqual([[call], [ten]]);
  expect(asked).toEqual([[...shownTexts, judgeOrder.content], shownTexts]);
  expect(verdicts).toEqual([[true, undefined]]);
});

test.each<readonly [string, readonly Step[], unknown]>([
  ['names the model, where another stands in', [usage, true, ten], [true, 'other']],
  ['is known to miss at the first word', [ten, ten], [undefined, undefined]],
])('a judgement %s', async (_, round, verdict) => {
  const { read, verdicts } = openJudging(round);
  await read();
  expect(verdicts).toEqual([verdict]);
});

test('a model that only judges is asked for its answer once that is wanted, and counts as one without a judgement', async () => {
  const { asked, read, verdicts, want } = openJudging([false], [ten]);
  const reading = read();
  await expect.poll(() => verdicts).toHaveLength(2);
  expect(verdicts).toEqual([
    [false, undefined],
    [undefined, undefined],
  ]);
  expect(asked).toHaveLength(1);
  want();
  expect(await reading).toEqual([ten]);
  expect(asked[1]).toEqual(shownTexts);
});

test.each<readonly [string, readonly Step[]]>([
  ['fails', [usage, new Error('away')]],
  ['ends without an answer', [usage]],
])('a request that %s will not be judged any more', async (_, round) => {
  const { read, verdicts } = openJudging(round);
  await read().catch(() => undefined);
  expect(verdicts).toEqual([['unanswered', 'other']]);
});
