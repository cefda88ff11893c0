import { expect, test } from 'vitest';
import { durationMs } from '#src/audio/pcm.ts';
import { readWav } from '#src/audio/wav.ts';
import { BotError } from '#src/base/errors.ts';
import type { AudioChatMessage } from '#src/chat/completions/audio-chat-ports.ts';
import { openHistory } from '#src/chat/history.ts';
import { type AudioModelParts, audioModel } from '#src/pipeline/audio-model/audio-model.ts';
import { longestAnswerChars } from '#src/pipeline/chained.ts';
import type { ReplyPart, Turn } from '#src/pipeline/pipeline.ts';
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
import type { ChatStep } from '#test/fakes/chat.ts';
import { settled } from '#test/fakes/clock.ts';
import { FakeSynthesizer, type FakeSynthesizerOptions } from '#test/fakes/speech.ts';
import { FakeAudioChat, type FakeAudioManner, isAudio, soundOf } from './audio-model-fake.ts';

const never = new AbortController().signal;
const dead = new BotError('provider.refused', false, 'The server had an error.');

type AudioModelOptions = {
  manner?: FakeAudioManner;
  input?: AudioModelParts['input'];
  voice?: FakeSynthesizerOptions;
};

function open(
  rounds: readonly (readonly ChatStep[])[],
  { manner, input = 'audio', voice }: AudioModelOptions = {},
) {
  const model = new FakeAudioChat(rounds, manner);
  const synthesizer = new FakeSynthesizer(voice);
  const pipeline = audioModel({ model, synthesizer, input });
  const host = new FakeHost();
  host.release();
  const answer = (turn: Turn = turnOf(said('hello')), signal = never) =>
    pipeline.answer(turn, host, signal)[Symbol.asyncIterator]();
  return { model, synthesizer, pipeline, host, answer };
}

const wordsIn = (text: string): ChatStep[] => text.match(/\s*\S+/g) ?? [];
const soundMs = (parts: readonly ReplyPart[]) =>
  parts.reduce((sum, part) => sum + (part.kind === 'audio' ? durationMs(part.pcm) : 0), 0);

function roundsOf({ says, call, ends }: ModelScript): ChatStep[][] {
  if (ends === 'fail') return [[...wordsIn(says), { error: dead }]];
  if (ends === 'stall') return [[...wordsIn(says), 'stall']];
  return call ? [[says, { call: call.tool }], [call.afterwards]] : [wordsIn(says)];
}

for (const [name, manner, input] of [
  ['audio-model', 'speaks', 'audio'],
  ['audio-model asked in words', 'speaks', 'transcript'],
  ['audio-model known to write only', 'writes', 'audio'],
] as const) {
  pipelineContract(name, async (script) => {
    const { model, synthesizer, pipeline, answer } = open([['Hi.'], ...roundsOf(script)], {
      manner,
      input,
    });
    await drain(answer());
    return {
      pipeline,
      running: () => model.running + synthesizer.running,
      settled,
      [Symbol.asyncDispose]: async () => undefined,
    };
  });
}

test('people are heard by the model itself, each by name, after what was said before', async () => {
  const { model, answer } = open([['Hi.']]);
  const earlier = { role: 'user', name: 'Ben', content: 'good morning' } as const;
  const typed: Turn['said'][number] = { ...said('in writing'), name: 'Cleo' };
  const { pcm: _, ...cleo } = typed;
  const turn = turnOf(said('hello'), { ...said('and me'), name: 'Ben' }, cleo);
  await drain(answer({ ...turn, history: [earlier] }));
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
  const spoken: readonly (AudioChatMessage | undefined)[] = [ana, ben];
  const heard = spoken.flatMap((one) => (one && 'wav' in one ? [readWav(one.wav)] : []));
  expect(heard).toMatchObject([
    { rateHz: 16_000, channels: 1 },
    { rateHz: 16_000, channels: 1 },
  ]);
});

test('asked in words, the model reads what was recognised', async () => {
  const { model, answer } = open([['Hi.']], { input: 'transcript' });
  await drain(answer());
  expect(model.asked[0]?.messages.at(-1)).toEqual({ role: 'user', name: 'Ana', content: 'hello' });
});

test('the model is asked while the words are still being recognised, and nothing is heard before', async () => {
  const recognised = Promise.withResolvers<{ text: string }>();
  const { model, host, answer } = open([['Hi.']]);
  const slow = { ...said('hello'), transcript: () => recognised.promise };
  const reading = drain(answer(turnOf(slow)));
  await settled();
  expect(model.asked).toHaveLength(1);
  recognised.resolve({ text: '' });
  expect(await reading).toEqual({ parts: [], error: undefined });
  expect(model.running).toBe(0);
  expect(host.spendings).toHaveLength(1);
});

test('a request for noise is cut short as soon as it is known to be noise', async () => {
  const { model, answer } = open([['stall']]);
  expect(await drain(answer(turnOf(said(''))))).toEqual({ parts: [], error: undefined });
  expect(model.running).toBe(0);
});

test('a recogniser that fails does not keep a model from answering that hears by itself', async () => {
  const deaf = { ...said('hello'), transcript: () => Promise.reject(dead) };
  const { parts, error } = await drain(open([['Hi.']]).answer(turnOf(deaf)));
  expect([error, textOf(parts)]).toEqual([undefined, 'Hi.']);
  const { pcm: _, ...typed } = deaf;
  for (const unheard of [
    await drain(open([['Hi.']], { input: 'transcript' }).answer(turnOf(deaf))),
    await drain(open([['Hi.']]).answer(turnOf(said('hello'), typed))),
  ])
    expect(unheard.error).toMatchObject({ code: 'provider.refused', stage: 'recognise' });
});

test('in ten turns every utterance is sent as sound once', async () => {
  const { model, answer } = open([['Well.']]);
  const history = openHistory();
  for (let n = 0; n < 10; n++) {
    await drain(answer({ ...turnOf(said(`question ${n}`)), history: history.messages() }));
    history.addUser('Ana', `question ${n}`);
    history.addAssistant('Well.');
  }
  expect(model.asked.map(({ messages }) => messages.filter(isAudio).length)).toEqual(
    Array(10).fill(1),
  );
  expect(model.asked.every(({ messages }) => isAudio(messages.at(-1)))).toBe(true);
});

const lamp = { call: { id: 'a', name: 'lamp', argumentsJson: '{}' } };

test('after a tool the model is asked in words, and its answers follow each other', async () => {
  const { model, host, answer } = open([['One moment.', lamp], ['It is on.']]);
  const { parts } = await drain(answer());
  expect(host.ran).toHaveLength(1);
  expect(soundedTexts(parts)).toEqual(['One moment.', 'It is on.']);
  expect(model.asked[1]?.messages.slice(1)).toEqual([
    { role: 'user', name: 'Ana', content: 'hello' },
    { role: 'assistant', content: 'One moment.', calls: [lamp.call] },
    { role: 'tool', callId: 'a', content: 'done' },
  ]);
});

test.each(['writes', 'silent'] as const)(
  'an answer without sound is read out, so that no turn is silent (%s)',
  async (manner) => {
    const { synthesizer, answer } = open([['It is **four**. ', 'Good night.']], { manner });
    const { parts, error } = await drain(answer());
    expect([error, textOf(parts)]).toEqual([undefined, 'It is **four**. Good night.']);
    expect(synthesizer.asked.map(({ text }) => text)).toEqual(['It is four.', 'Good night.']);
    expect(soundedTexts(parts)).toEqual(['It is four.', 'Good night.']);
  },
);

test('sound without words plays', async () => {
  const { synthesizer, answer } = open([['four']], { manner: 'mute' });
  const { parts, error } = await drain(answer());
  expect([error, textOf(parts), synthesizer.asked]).toEqual([undefined, '', []]);
  expect(soundMs(parts)).toBeCloseTo(4 * 65, 0);
  expect(parts.every((part) => part.kind !== 'audio' || part.ofText === undefined)).toBe(true);
});

test('a model that has answered without sound is read out from its first clause on, until it speaks again', async () => {
  const rounds = [['Hi.'], ['Well, as you ask.', 'stall'], ['It is four.']] satisfies ChatStep[][];
  const { model, synthesizer, answer } = open(rounds, { manner: 'writes' });
  await drain(answer());
  const caller = new AbortController();
  const reading = drain(answer(undefined, caller.signal));
  await settled();
  expect(synthesizer.asked.map(({ text }) => text)).toEqual(['Hi.', 'Well, as you ask.']);
  caller.abort(new Error('enough'));
  await reading;
  model.manner = 'speaks';
  const { parts } = await drain(answer());
  expect(synthesizer.asked).toHaveLength(2);
  expect(soundedTexts(parts)).toEqual(['It is four.']);
});

test('all sound that comes is played, once and in order', async () => {
  const text =
    'The Millau Viaduct, at 343 metres. It crosses the Tarn. Many cars cross it every day.';
  const { parts } = await drain(open([wordsIn(text)]).answer());
  expect(soundMs(parts)).toBeCloseTo((soundOf(text).length / 2 / 24_000) * 1000, 3);
  expect(soundedTexts(parts).join(' ')).toBe(text);
});

test('no more than ten seconds of sound wait for a reader', async () => {
  const seconds = Array.from({ length: 60 }, () => 'a word, a word,'); // 975 ms
  const { model, answer } = open([seconds, ['Bye.']]);
  const reply = answer();
  await settled();
  expect(model.running).toBe(1);
  await reply.return?.();
  await settled();
  expect(model.running).toBe(0);
});

test('a failure names its stage, after the sound that did come', async () => {
  const broken = await drain(open([['It is four. ', { error: dead }]]).answer());
  expect(broken.error).toMatchObject({ code: 'provider.refused', stage: 'think' });
  expect(soundMs(broken.parts)).toBeGreaterThan(700);
  const fault = () => ({ afterPieces: 0, error: dead });
  const mute = await drain(open([['Hi.']], { manner: 'writes', voice: { fault } }).answer());
  expect(mute.error).toMatchObject({ code: 'provider.refused', stage: 'speak' });
});

test('what a request took is told once, as reported or by its words and sound', async () => {
  const usage = { inputTokens: 7, outputTokens: 8 };
  const reported = open([['Hi.', { usage }]]);
  await drain(reported.answer());
  expect(reported.host.spendings).toEqual([usage]);
  const untold = open([['It is four.']]);
  await drain(untold.answer());
  const [{ inputTokens = 0, outputTokens = 0 } = {}] = untold.host.spendings;
  expect(inputTokens).toBe(Math.ceil('Be brief.'.length / 4) + 10);
  expect(outputTokens).toBe(Math.ceil('It is four.'.length / 4) + Math.ceil((11 * 65) / 50));
});

test('the voice of the persona is asked for', async () => {
  const { model, answer } = open([['Hi.']]);
  await drain(
    answer({ ...turnOf(said('hello')), style: { instructions: '', voice: { name: 'marin' } } }),
  );
  expect(model.voices).toEqual(['marin']);
});

test('a model that never stops is stopped', async () => {
  const endless = Array.from({ length: 4000 }, () => 'and so on, ');
  const { model, answer } = open([endless], { manner: 'silent', voice: { pieces: 1 } });
  const { parts, error } = await drain(answer());
  expect(error).toBeUndefined();
  expect(textOf(parts).length).toBeLessThan(longestAnswerChars + 20);
  expect(model.running).toBe(0);
});

test('a failure that nobody reads disturbs nobody', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  const deaf = { ...said('hello'), transcript: () => Promise.reject(dead) };
  open([['Hi.', { error: dead }]]).answer();
  open([[{ error: dead }]]).answer(turnOf(said('hello')), AbortSignal.abort());
  open([['Hi.']]).answer(turnOf(deaf), AbortSignal.abort());
  open([['Hi.']], { input: 'transcript' }).answer(turnOf(deaf, deaf));
  await settled();
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});
