import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { chained, longestAnswerChars } from '#src/pipeline/chained.ts';
import type { ReplyPart } from '#src/pipeline/pipeline.ts';
import { longestToolRounds } from '#src/pipeline/written.ts';
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
import { type ChatStep, FakeChat } from '#test/fakes/chat.ts';
import { settled, VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer, type FakeSynthesizerOptions } from '#test/fakes/speech.ts';

const never = new AbortController().signal;
const dead = new BotError('provider.refused', false, 'The server had an error.');

function open(rounds: readonly (readonly ChatStep[])[], voice: FakeSynthesizerOptions = {}) {
  const chat = new FakeChat(rounds, voice.clock);
  const synthesizer = new FakeSynthesizer(voice);
  const host = new FakeHost();
  host.release();
  const answer = (turn = turnOf(said('hello')), signal = never) =>
    chained({ chat, synthesizer }).answer(turn, host, signal)[Symbol.asyncIterator]();
  return { chat, synthesizer, host, answer };
}

function roundsOf({ says, call, ends }: ModelScript): ChatStep[][] {
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

test('the first clause is spoken while the model goes on writing', async () => {
  const clock = new VirtualClock();
  const slow = { waitMs: 1000 };
  const steps = ['Well, as you ask,', ' it is', slow, ' four.', slow, ' Good night to you.'];
  const { synthesizer, answer } = open([steps], { clock, firstMs: 50 });
  const reading = drain(answer());
  await clock.advance(100);
  expect(synthesizer.asked.map(({ text }) => text)).toEqual(['Well, as you ask,']);
  expect(synthesizer.running).toBe(0);
  await clock.advance(3000);
  const { parts } = await reading;
  expect(textOf(parts)).toBe('Well, as you ask, it is four. Good night to you.');
  expect(parts.find(({ kind }) => kind === 'audio')).toMatchObject({ ofText: 'Well, as you ask,' });
});

const sentence = (n: number) => ` This is the long sentence number ${n}.`;
const five = [1, 2, 3, 4, 5].map(sentence);

test('at most two clauses are made ahead of the one that is read', async () => {
  const { synthesizer, chat, answer } = open([[...five]]);
  const reply = answer();
  await settled();
  expect(chat.running).toBe(0);
  expect(synthesizer.asked).toHaveLength(3);
  await drain(reply);
  expect(synthesizer.asked).toHaveLength(5);
});

test('clauses that are made at the same time are spoken in order', async () => {
  const clock = new VirtualClock();
  const { synthesizer, answer } = open([[...five]], { clock, firstMs: 300, gapMs: 100 });
  const reading = drain(answer());
  await clock.advance(20_000);
  const { parts } = await reading;
  expect(soundedTexts(parts)).toEqual(five.map((text) => text.trim()));
  expect(synthesizer.mostRunning).toBe(3);
  const numbers = parts.flatMap((part) => (part.kind === 'audio' ? [part.pcm.samples[0]] : []));
  expect(numbers).toEqual(numbers.toSorted());
});

test('text does not wait for a reader whom the sound has stopped', async () => {
  const { chat, answer } = open([[...five]], { pieces: 50 });
  const reply = answer();
  await settled();
  expect(chat.running).toBe(0);
  const texts: ReplyPart[] = [];
  while (texts.length < 5) {
    const { value } = await reply.next();
    if (value?.kind === 'text') texts.push(value);
  }
  expect(textOf(texts)).toBe(five.join(''));
  await reply.return?.();
});

test('a model is shown instructions, history, and everybody who spoke', async () => {
  const { chat, answer } = open([['Hi.']]);
  const earlier = { role: 'user', name: 'Ben', content: 'good morning' } as const;
  const ben = { ...said('and me'), name: 'Ben' };
  await drain(answer({ ...turnOf(said(' hello '), said(''), ben), history: [earlier] }));
  expect(chat.asked[0]?.messages).toEqual([
    { role: 'system', content: 'Be brief.' },
    earlier,
    { role: 'user', name: 'Ana', content: 'hello' },
    { role: 'user', name: 'Ben', content: 'and me' },
  ]);
});

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

test('a failure names its stage', async () => {
  const silent = await drain(open([[{ error: dead }]]).answer());
  expect(silent.error).toMatchObject({ code: 'provider.refused', stage: 'think' });
  const deaf = { ...said('hello'), transcript: () => Promise.reject(dead) };
  const unheard = await drain(open([['Hi.']]).answer(turnOf(deaf, deaf)));
  expect(unheard.error).toMatchObject({ code: 'provider.refused', stage: 'recognise' });
});

test('a recogniser that never ends is left at once when aborted', async () => {
  const caller = new AbortController();
  const reason = new BotError('link.lost', true, 'The link went away.');
  const slow = { ...said('hello'), transcript: () => new Promise<never>(() => undefined) };
  const next = open([['Hi.']])
    .answer(turnOf(slow), caller.signal)
    .next();
  await settled();
  caller.abort(reason);
  await expect(next).rejects.toBe(reason);
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

test('a tool with broken arguments is not run, and the model is told', async () => {
  const { chat, host, answer } = open([[lamp('{"on":')], ['Sorry.']]);
  await drain(answer());
  expect(host.ran).toEqual([]);
  expect(chat.asked[1]?.messages.at(-1)).toMatchObject({ role: 'tool', callId: 'a' });
});

test('what was said before a tool is spoken while it runs', async () => {
  const chat = new FakeChat([['One moment', lamp('{}')], ['Done.']]);
  const synthesizer = new FakeSynthesizer();
  const host = new FakeHost();
  const reply = chained({ chat, synthesizer }).answer(turnOf(said('lamp on')), host, never);
  const reading = Array.fromAsync(reply);
  await settled();
  expect(synthesizer.asked.map(({ text }) => text)).toEqual(['One moment']);
  host.release();
  expect(soundedTexts(await reading)).toEqual(['One moment', 'Done.']);
});

test('a model that never stops is stopped', async () => {
  const endless = Array.from({ length: 4000 }, () => 'and so on, ');
  const { chat, answer } = open([endless], { pieces: 1 });
  const { parts, error } = await drain(answer());
  expect(error).toBeUndefined();
  expect(textOf(parts).length).toBeLessThan(longestAnswerChars + 20);
  expect(chat.running).toBe(0);
});

test('a failure that nobody reads disturbs nobody', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  const fault = () => ({ afterPieces: 1, error: dead });
  open([[...five, { error: dead }]], { fault }).answer();
  open([[{ error: dead }]]).answer(turnOf(said('hello')), AbortSignal.abort());
  const deaf = { ...said('hello'), transcript: () => Promise.reject(dead) };
  open([['Hi.']]).answer(turnOf(deaf, deaf), AbortSignal.abort());
  open([['Hi.']]).answer(turnOf(deaf, deaf));
  await settled();
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});
