import { readWav } from '#src/audio/formats/wav.ts';
import { getDurationMs } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import type { ChatMessage, ChatModel, ChatPart, Usage } from '#src/chat/chat-model.ts';
import { createChatChain } from '#src/chat/metered-chat.ts';
import {
  type AudioModelDeps,
  createAudioModelPipeline,
} from '#src/pipeline/audio-model/audio-model-pipeline.ts';
import { createAudioModelStandIn } from '#src/pipeline/audio-model/audio-model-stand-in.ts';
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
import { type ChatStep, FakeChat } from '#test/fakes/fake-chat.ts';
import {
  FakeSynthesizer,
  type FakeSynthesizerOptions,
  type SynthesisFault,
} from '#test/fakes/fake-speech.ts';
import { makeChain } from '#test/fakes/fallback-chains.ts';
import { VirtualClock, waitUntilSettled } from '#test/fakes/virtual-clock.ts';
import { fc } from '#test/properties.ts';
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

/** A model that refuses the voice `marin`; how each of so many answers in it ended, and who was told. */
async function answersOf(model: FakeAudioChat, count: number) {
  model.goneVoice = 'marin';
  const reported: string[] = [];
  const onGone = (name: string, of: string) =>
    void reported.push(`${name} of the ${of}`);
  const turn = makeTurn(toUtterance('hello'));
  const style = { ...turn.style, voice: { name: 'marin', onGone } };
  const synthesizer = new FakeSynthesizer();
  const pipeline = createAudioModelPipeline({
    open: () => model,
    synthesizer,
    input: 'audio',
  });
  const texts: string[] = [];
  for (let n = 0; n < count; n++) {
    const host = new FakeHost();
    host.release();
    const replyParts = await Array.fromAsync(
      pipeline.answer({ ...turn, style }, host, never),
    );
    texts.push(joinTexts(replyParts));
  }
  return { texts, reported };
}

test('a voice that the model refuses gives way to its usual one, and is asked for once', async () => {
  const model = new FakeAudioChat([['It', ' is', ' five.']]);
  const { texts, reported } = await answersOf(model, 2);
  expect(texts).toEqual(['It is five.', 'It is five.']);
  expect(model.voices).toEqual(['marin', undefined, undefined]);
  expect(reported).toEqual(['marin of the model']);
});

const reported: Usage = { inputTokens: 9, outputTokens: 2 };
/** The three tokens of `Be brief.`, and one for each 100 ms of sound. */
const withSound = {
  inputTokens: 13,
  outputTokens: 0,
  audioInputTokens: 10,
  audioOutputTokens: 0,
  isEstimate: true,
};
const inWords = { inputTokens: 4, outputTokens: 0, isEstimate: true };
const broken = new BotError('provider.truncated', true, 'It broke off.');
const refused = new BotError('provider.bad_key', false, 'No.');

/** Answer and its usage for a turn of one second of speech, from these models in turn. */
async function answerOf(models: readonly ChatModel[], clock = new VirtualClock()) {
  const model = createChatChain(makeChain('chat', models, clock).chain);
  const deps = {
    open: () => model,
    synthesizer: new FakeSynthesizer(),
    input: 'audio',
  } as const;
  const host = new FakeHost();
  host.release();
  const answer = Array.fromAsync(
    createAudioModelPipeline(deps).answer(makeTurn(toUtterance('hello')), host, never),
  );
  const text = answer.then(joinTexts, (error: BotError) => error.code);
  await clock.advance(361_000);
  return { text: await text, spent: host.spendings };
}

const hearSteps = (...steps: readonly ChatStep[]) => new FakeAudioChat([steps]);
test('a model that hears and breaks off before it is replaced is paid beside the one that answers', async () => {
  const models = [
    hearSteps({ error: broken }),
    hearSteps('Four.', { usage: reported }),
  ];
  const { text, spent } = await answerOf(models);
  expect([text, spent]).toEqual(['Four.', [withSound, withSound, reported]]);
});

test('a model that hears and refuses costs nothing, and nothing hides the one before it', async () => {
  const only = await answerOf([
    hearSteps({ error: refused }),
    hearSteps('Four.', { usage: reported }),
  ]);
  expect(only.spent).toEqual([reported]);
  const both = await answerOf([hearSteps('stall'), hearSteps({ error: refused })]);
  expect([both.text, both.spent]).toEqual(['provider.bad_key', [withSound]]);
});

test('each of several models that read in the place of one that hears is paid', async () => {
  const clock = new VirtualClock();
  const readers: ChatModel[] = [
    new FakeChat([[{ error: broken }]]),
    new FakeChat([['Four.', { usage: reported }]]),
  ];
  const { chain } = makeChain('chat', readers, clock);
  const standIn = createAudioModelStandIn(createChatChain(chain));
  const { text, spent } = await answerOf(
    [hearSteps({ error: refused }), standIn],
    clock,
  );
  expect([text, spent]).toEqual(['Four.', [inWords, inWords, reported]]);
});

const enough = new Error('enough');
const lamp = { call: { id: 'a', name: 'lamp', argumentsJson: '{}' } };

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom<ChatStep>(
      'It is',
      ' four.',
      ' Good night. ',
      ' and so on,',
      '```',
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom<ChatStep>({ error: dead }, 'stall', lamp) },
);
const fault = fc.constantFrom<SynthesisFault | undefined>(
  undefined,
  { afterPieces: 0, error: dead },
  { afterPieces: 2, error: 'stall' },
);

test('whatever goes wrong, an answer ends once, and none of its work goes on', async () => {
  const script = fc.record({
    rounds: fc.array(fc.array(step, { maxLength: 12 }), { minLength: 1, maxLength: 3 }),
    manner: fc.constantFrom<FakeAudioManner>('speaks', 'writes', 'mute', 'silent'),
    input: fc.constantFrom<'audio' | 'transcript'>('audio', 'transcript'),
    words: fc.constantFrom('hello', ''),
    fault,
    /** After so many parts the listener leaves, or cuts it. */
    parts: fc.integer({ min: 0, max: 30 }),
    leaves: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      script,
      async ({ rounds, manner, input, words, fault, parts, leaves }) => {
        const model = new FakeAudioChat(rounds, manner);
        const synthesizer = new FakeSynthesizer({ fault: () => fault });
        const pipeline = createAudioModelPipeline({
          open: () => model,
          synthesizer,
          input,
        });
        const host = new FakeHost();
        host.release();
        const caller = new AbortController();
        const answer = pipeline.answer(
          makeTurn(toUtterance(words)),
          host,
          caller.signal,
        );
        const cut = waitUntilSettled()
          .then(waitUntilSettled)
          .then(() => caller.abort(enough));
        let read = 0;
        try {
          for await (const _ of answer) if (read++ === parts && leaves) break;
        } catch (error) {
          expect([enough, 'BotError']).toContain(
            error === enough ? enough : (error as Error).name,
          );
        }
        await cut;
        await waitUntilSettled();
        expect(model.running + synthesizer.running).toBe(0);
        const served = rounds
          .slice(0, model.asked.length)
          .filter((steps) => !steps.some(isRefusal));
        expect(host.spendings.length).toBeGreaterThanOrEqual(served.length);
        expect(host.spendings.length).toBeLessThanOrEqual(model.asked.length);
      },
    ),
    { numRuns: 500 },
  );
});

function isRefusal(chatStep: ChatStep) {
  return typeof chatStep === 'object' && 'error' in chatStep;
}
