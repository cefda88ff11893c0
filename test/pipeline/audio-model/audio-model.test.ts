import { readWav } from '#src/audio/formats/wav.ts';
import { getDurationMs } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import type { ChatMessage, ChatPart } from '#src/chat/chat-model.ts';
import {
  type AudioModelDeps,
  createAudioModelPipeline,
} from '#src/pipeline/audio-model/audio-model-pipeline.ts';
import type { ReplyPart, Turn } from '#src/pipeline/pipeline.ts';
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
import type { ChatStep } from '#test/fakes/fake-chat.ts';
import {
  FakeSynthesizer,
  type FakeSynthesizerOptions,
} from '#test/fakes/fake-speech.ts';
import { waitUntilSettled } from '#test/fakes/virtual-clock.ts';
import { FakeAudioChat, type FakeAudioManner } from './fake-audio-chat.ts';

const never = new AbortController().signal;
const dead = new BotError('provider.refused', false, 'The server had an error.');

type AudioModelOptions = {
  manner?: FakeAudioManner;
  input?: AudioModelDeps['input'];
  voice?: FakeSynthesizerOptions;
};

function openPipeline(
  rounds: readonly (readonly ChatStep[])[],
  { manner, input = 'audio', voice }: AudioModelOptions = {},
) {
  const model = new FakeAudioChat(rounds, manner);
  const synthesizer = new FakeSynthesizer(voice);
  const pipeline = createAudioModelPipeline({ open: () => model, synthesizer, input });
  const host = new FakeHost();
  host.release();
  const answerTurn = (turn: Turn = makeTurn(toUtterance('hello')), signal = never) =>
    pipeline.answer(turn, host, signal)[Symbol.asyncIterator]();
  return { model, synthesizer, pipeline, host, answer: answerTurn };
}

const wordsIn = (text: string) => text.match(/\s*\S+/g) ?? [];
const soundMs = (replyParts: readonly ReplyPart[]) =>
  replyParts.reduce(
    (sum, part) => sum + (part.kind === 'audio' ? getDurationMs(part.pcm) : 0),
    0,
  );

function roundsOf({ says, call, ends }: ModelScript) {
  if (ends === 'fail') return [[...wordsIn(says), { error: dead }]];
  if (ends === 'stall') return [[...wordsIn(says), 'stall']];
  return call ? [[says, { call: call.tool }], [call.afterwards]] : [wordsIn(says)];
}

for (const [name, manner, input] of [
  ['audio-model', 'speaks', 'audio'],
  ['audio-model asked in words', 'speaks', 'transcript'],
  ['audio-model known to write only', 'writes', 'audio'],
] as const) {
  testPipeline(name, async (script) => {
    const { model, synthesizer, pipeline, answer } = openPipeline(
      [['Hi.'], ...roundsOf(script)],
      {
        manner,
        input,
      },
    );
    await drainAnswer(answer());
    return {
      pipeline,
      countRunning: () => model.running + synthesizer.running,
      settled: waitUntilSettled,
      [Symbol.asyncDispose]: async () => undefined,
    };
  });
}

test('people are heard by the model itself, each by name, after what was said before', async () => {
  const { model, answer } = openPipeline([['Hi.']]);
  const earlier = { role: 'user', name: 'Ben', content: 'good morning' } as const;
  const typed: Turn['utterances'][number] = {
    ...toUtterance('in writing'),
    name: 'Cleo',
  };
  const { pcm: _, ...cleo } = typed;
  const turn = makeTurn(
    toUtterance('hello'),
    { ...toUtterance('and me'), name: 'Ben' },
    cleo,
  );
  await drainAnswer(answer({ ...turn, history: [earlier] }));
  const [system, history, ana, ben, written] = model.asked[0]?.messages ?? [];
  expect([system, history, written]).toEqual([
    { role: 'system', content: 'Be brief.' },
    earlier,
    { role: 'user', name: 'Cleo', content: 'in writing' },
  ]);
  expect([ana, ben]).toMatchObject([
    { name: 'Ana', content: '' },
    { name: 'Ben', content: '' },
  ]);
  const spoken: readonly (ChatMessage | undefined)[] = [ana, ben];
  const heardSounds = spoken.flatMap((message) =>
    message && 'wav' in message ? [readWav(message.wav)] : [],
  );
  expect(heardSounds).toMatchObject([
    { rateHz: 16_000, channels: 1 },
    { rateHz: 16_000, channels: 1 },
  ]);
});

test('a recogniser that fails does not keep a model from answering that hears by itself', async () => {
  const deaf = { ...toUtterance('hello'), transcript: () => Promise.reject(dead) };
  const { parts, error } = await drainAnswer(
    openPipeline([['Hi.']]).answer(makeTurn(deaf)),
  );
  expect([error, joinTexts(parts)]).toEqual([undefined, 'Hi.']);
  const { pcm: _, ...typed } = deaf;
  for (const unheard of [
    await drainAnswer(
      openPipeline([['Hi.']], { input: 'transcript' }).answer(makeTurn(deaf)),
    ),
    await drainAnswer(
      openPipeline([['Hi.']]).answer(makeTurn(toUtterance('hello'), typed)),
    ),
  ])
    expect(unheard.error).toMatchObject({
      code: 'provider.refused',
      stage: 'recognise',
    });
});

test('a failure names its stage, after the sound that did come', async () => {
  const broken = await drainAnswer(
    openPipeline([['It is four. ', { error: dead }]]).answer(),
  );
  expect(broken.error).toMatchObject({ code: 'provider.refused', stage: 'think' });
  expect(soundMs(broken.parts)).toBeGreaterThan(700);
  const findFault = () => ({ afterPieces: 0, error: dead });
  const mute = await drainAnswer(
    openPipeline([['Hi.']], { manner: 'writes', voice: { fault: findFault } }).answer(),
  );
  expect(mute.error).toMatchObject({ code: 'provider.refused', stage: 'speak' });
});

test('what a request took is told once, as reported or by its words and sound', async () => {
  const usage = { inputTokens: 7, outputTokens: 8 };
  const reported = openPipeline([['Hi.', { usage }]]);
  await drainAnswer(reported.answer());
  expect(reported.host.spendings).toEqual([usage]);
  const untold = openPipeline([['It is four.']]);
  await drainAnswer(untold.answer());
  const [{ inputTokens = 0, outputTokens = 0 } = {}] = untold.host.spendings;
  expect(inputTokens).toBe(Math.ceil('Be brief.'.length / 4) + 10);
  expect(outputTokens).toBe(
    Math.ceil('It is four.'.length / 4) + Math.ceil((11 * 65) / 50),
  );
});

test('a model that has answered without sound is read out from its first clause on, until it speaks again', async () => {
  const rounds = [
    ['Hi.'],
    ['Well, as you ask.', 'stall'],
    ['It is four.'],
  ] satisfies ChatStep[][];
  const { model, synthesizer, answer } = openPipeline(rounds, { manner: 'writes' });
  await drainAnswer(answer());
  const caller = new AbortController();
  const reading = drainAnswer(answer(undefined, caller.signal));
  await waitUntilSettled();
  expect(synthesizer.asked.map(({ text }) => text)).toEqual([
    'Hi.',
    'Well, as you ask.',
  ]);
  caller.abort(new Error('enough'));
  await reading;
  model.manner = 'speaks';
  const { parts } = await drainAnswer(answer());
  expect(synthesizer.asked).toHaveLength(2);
  expect(listSoundedTexts(parts)).toEqual(['It is four.']);
});

test('words that begin with an empty line are shown as they sound, not all at the end', async () => {
  const [one, two] = [
    'This is the first of two sentences.',
    ' This is the second one of them.',
  ];
  const { answer } = openPipeline([['\n', ...wordsIn(one), ...wordsIn(two)]], {
    manner: 'speaks',
  });
  const shownTexts = listSoundedTexts((await drainAnswer(answer())).parts);
  expect(shownTexts.join(' ').trim()).toBe(`${one}${two}`);
  expect(shownTexts.slice(0, 2)).toEqual(['', 'This']);
});

/** Texts and the ms of sound with each, of an answer that arrives as these words and ms; `late`: before its first sound is taken. */
async function placeTexts(arrivals: readonly (string | number)[], late: boolean) {
  const replyInOrder = async function* (): AsyncGenerator<ChatPart> {
    for (const arrival of arrivals)
      if (typeof arrival === 'string') yield { kind: 'transcript', text: arrival };
      else yield { kind: 'sound', bytes: Buffer.alloc(arrival * 48, 0x11) };
  };
  const synthesizer = new FakeSynthesizer();
  const pipeline = createAudioModelPipeline({
    open: () => ({ reply: replyInOrder }),
    synthesizer,
    input: 'audio',
  });
  const answer = pipeline.answer(makeTurn(toUtterance('hello')), new FakeHost(), never);
  if (late) await waitUntilSettled();
  const { parts } = await drainAnswer(answer[Symbol.asyncIterator]());
  const lines = listSoundedTexts(parts).map((text) => {
    const own = parts.filter((part) => part.kind === 'audio' && part.ofText === text);
    return `${text} ${Math.round(soundMs(own) / 10) * 10}`;
  });
  return lines.join(' ');
}

const three = 'One is first. Two is longer than it. Three.';
const endless = 'word '.repeat(48).trim();
const pieces = 'An unbelievable story'.match(/.{1,3}/g) ?? [];
const tail = 'This is the longest. One of it. Then go.';
const [fine, park] = [
  '\u5929\u6c14\u5f88\u597d\u3002',
  '\u53bb\u516c\u56ed\u5427\u3002',
];

test.each([
  [
    'first',
    false,
    [three, 60, 2_740],
    'One is first. 850 Two is longer than it. 1500 Three. 460',
  ],
  [
    'fast',
    true,
    [three, 20, 1_380],
    'One is first. 420 Two is longer than it. 750 Three. 230',
  ],
  ['in ideograms', false, [fine + park, 1_950], `${fine} 980 ${park} 980`],
  [
    'late',
    true,
    ['This is heard.', 20, 890, ' It is. So.'],
    'This is heard. 510 It is. 250 So. 150',
  ],
  ['without an end', false, [`${endless} ${endless}`, 20_000], `${endless} 20000`],
  [
    'in pieces',
    false,
    pieces.flatMap((piece) => [piece, 195]),
    'An 940 unbelievable 390 story 40',
  ],
  ['of one letter', false, ['A\nB is next.', 780], 'A 130 B is next. 650'],
  [
    'at last',
    true,
    [tail, 20, 180],
    'This is the longest. 100 One of it. 60 Then go. 50',
  ],
])('words that come %s go with their own sound', async (_, late, arrivals, clauses) =>
  expect(await placeTexts(arrivals, late)).toBe(clauses),
);
