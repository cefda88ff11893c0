import { expect, test } from 'vitest';
import { durationMs } from '#src/audio/pcm.ts';
import type { ChatMessage } from '#src/chat/ports.ts';
import type { Pipeline, ReplyPart, Turn } from '#src/pipeline/pipeline.ts';
import { said, textOf, turnOf } from '#test/contracts/pipeline.ts';
import type { TalkReply } from '#test/fakes/providers/realtime-call.ts';
import type { MockTalk } from '#test/fakes/providers/realtime-talk.ts';
import {
  commandsOf,
  drain,
  openTalking,
  PlayingHost,
  remembered,
  speaking,
} from './realtime-fake.ts';

const four = 'Well, as you ask, it is four.';
const long = `${four} `.repeat(20).trim();
const fourFor = () => ({ text: four });
const after = (history: readonly ChatMessage[], turn: Turn): Turn => ({ ...turn, history });
const first =
  (ends: NonNullable<TalkReply['ends']>, text = four) =>
  (_: string, request: number) =>
    request === 0 ? { text, ends } : { text: four };

/** To how many milliseconds the server was told to cut its answers. */
const cutsOf = ({ calls }: Pick<MockTalk, 'calls'>): unknown[] =>
  calls.flatMap(({ commands }) =>
    commands.filter(({ type }) => type.endsWith('truncate')).map((one) => one.audio_end_ms),
  );

/** Reads until so much sound came, and has it heard; the reader is not through then. */
async function hearPart(pipeline: Pipeline, turn: Turn, host: PlayingHost, ms: number) {
  const caller = new AbortController();
  const parts = pipeline.answer(turn, host, caller.signal)[Symbol.asyncIterator]();
  for (let soundMs = 0; soundMs < ms; ) {
    const { value, done } = await parts.next();
    if (done) throw new Error('so much sound never came');
    if (value.kind === 'audio') soundMs += durationMs(value.pcm);
  }
  host.heardMs = ms;
  return { parts, interrupt: () => caller.abort(new Error('interrupted')) };
}

test('an interruption cancels the answer and cuts it to the milliseconds that were heard', async () => {
  await using talking = await openTalking({ answer: () => ({ text: long }), soundSpeed: 5 });
  const { pipeline, server } = talking;
  const heard = await hearPart(pipeline, turnOf(speaking('hello')), new PlayingHost(), 700);
  heard.interrupt();
  await expect(heard.parts.next()).rejects.toThrow('interrupted');
  await expect.poll(() => talking.running()).toBe(0);
  await talking.settled();
  const [call] = server.calls;
  const cancels = call?.commands.filter(({ type }) => type === 'response.cancel');
  const [cut] = call?.commands.filter(({ type }) => type === 'conversation.item.truncate') ?? [];
  expect([cancels?.length, cut?.audio_end_ms, cut?.content_index]).toEqual([1, 700, 0]);
  expect(call?.errors).toEqual([]);
  const history: ChatMessage[] = [
    { role: 'user', name: 'Ana', content: 'hello' },
    { role: 'assistant', content: 'Well,' },
  ];
  server.set({ answer: fourFor, soundSpeed: Number.POSITIVE_INFINITY });
  await drain(pipeline, after(history, turnOf(speaking('go on'))));
  expect(commandsOf(server)).not.toContain('conversation.item.delete');
});

test('what is cut is never more than what was received', async () => {
  await using talking = await openTalking({ answer: () => ({ text: four, ends: 'stall' }) });
  const host = new PlayingHost();
  const heard = await hearPart(talking.pipeline, turnOf(speaking('hello')), host, 500);
  await talking.settled(); // by now all of it is here
  host.heardMs = 60_000;
  heard.interrupt();
  await talking.settled();
  expect(cutsOf(talking.server)).toEqual([four.length * 65]);
  expect(talking.server.calls[0]?.errors).toEqual([]);
});

test('a cancel that comes after the end of the answer is no failure', async () => {
  await using talking = await openTalking({ answer: () => ({ text: long }) });
  const { pipeline, server } = talking;
  const heard = await hearPart(pipeline, turnOf(speaking('hello')), new PlayingHost(), 500);
  // The server is done long before its last event is read.
  await expect.poll(() => talking.running()).toBe(0);
  heard.interrupt();
  await expect(heard.parts.next()).rejects.toThrow('interrupted');
  await talking.settled();
  expect([server.calls[0]?.errors, cutsOf(server)]).toEqual([
    ['response_cancel_not_active'],
    [500],
  ]);
  server.set({ answer: fourFor });
  expect((await drain(pipeline)).error).toBeUndefined();
  expect(server.calls).toHaveLength(1);
});

test('an answer that came whole is cut to what was heard before the next one', async () => {
  await using talking = await openTalking({ answer: fourFor });
  const host = new PlayingHost();
  await drain(talking.pipeline, turnOf(speaking('hello')), host);
  host.heardMs = 400;
  const history: ChatMessage[] = [
    { role: 'user', name: 'Ana', content: 'hello' },
    { role: 'assistant', content: 'Well,' },
  ];
  await drain(talking.pipeline, after(history, turnOf(speaking('again'))));
  const [cut] =
    talking.server.calls[0]?.commands.filter(({ type }) => type.endsWith('truncate')) ?? [];
  expect(cut?.audio_end_ms).toBe(400);
  expect(commandsOf(talking.server)).not.toContain('conversation.item.delete');
});

test.each([
  ['a connection that drops before the answer is replaced unnoticed', 'drop'],
  ['a session at its limit is replaced unnoticed', 'close'],
] as const)('%s', async (_, ends) => {
  await using talking = await openTalking({ answer: first(ends, '') });
  const history: ChatMessage[] = [
    { role: 'user', name: 'Ben', content: 'hi' },
    { role: 'assistant', content: 'Hello Ben.' },
  ];
  const { parts, error } = await drain(talking.pipeline, after(history, turnOf(speaking('hello'))));
  expect([error, textOf(parts), talking.server.calls.length]).toEqual([undefined, four, 2]);
  expect(remembered(talking.server.calls[1]).slice(0, 2)).toEqual([
    'user: Ben: hi',
    'assistant: Hello Ben.',
  ]);
});

test('a connection that drops inside an answer ends it once, after the sound that came', async () => {
  await using talking = await openTalking({ answer: first('drop') });
  const { parts, error } = await drain(talking.pipeline);
  expect(error).toMatchObject({ code: 'provider.truncated', stage: 'think' });
  expect(parts.some(({ kind }) => kind === 'audio')).toBe(true);
  expect((await drain(talking.pipeline)).error).toBeUndefined();
  expect(talking.server.calls).toHaveLength(2);
});

test('a connection that drops between answers is noticed by nobody', async () => {
  await using talking = await openTalking({ answer: fourFor });
  await drain(talking.pipeline);
  talking.server.dropAll(1001, 'maximum duration');
  await talking.settled();
  expect((await drain(talking.pipeline)).error).toBeUndefined();
});

test('unknown events, bad JSON, an event of 3 MB and errors about nothing change no answer', async () => {
  await using talking = await openTalking({ answer: () => ({ text: four, noise: true }) });
  const { parts, error } = await drain(talking.pipeline);
  expect([error, textOf(parts), talking.server.calls.length]).toEqual([undefined, four, 1]);
});

test.each([
  ['fail', 'provider.refused', 'server_error'],
  ['incomplete', 'provider.truncated', 'max_output_tokens'],
] as const)(
  'an answer that ends as %s is a failure, with the code the server names',
  async (ends, code, words) => {
    await using talking = await openTalking({ answer: () => ({ text: four, ends }) });
    const { error } = await drain(talking.pipeline);
    expect(error).toMatchObject({ code, stage: 'think', message: expect.stringContaining(words) });
  },
);

test('a silent server is given up, and asked anew next time', async () => {
  const limits = { firstMs: 1_000, idleMs: 1_000 };
  await using talking = await openTalking({ answer: first('stall'), limits });
  expect((await drain(talking.pipeline)).error).toMatchObject({ code: 'provider.late' });
  expect((await drain(talking.pipeline)).error).toBeUndefined();
});

test('a session grown old is replaced between two answers', async () => {
  await using talking = await openTalking({ answer: fourFor, limits: { oldestMs: 0 } });
  await drain(talking.pipeline);
  await drain(talking.pipeline);
  expect(talking.server.calls).toHaveLength(2);
});

test('a key that is refused is told without the key', async () => {
  await using talking = await openTalking({ answer: fourFor, key: 'other' });
  expect((await drain(talking.pipeline)).error).toMatchObject({
    code: 'provider.bad_key',
    retryable: false,
    stage: 'think',
  });
});

test('a server that does not know the model says so', async () => {
  await using talking = await openTalking({ answer: fourFor, badModel: true });
  const { error } = await drain(talking.pipeline);
  expect(error).toMatchObject({ code: 'provider.refused' });
  expect(String(error)).toContain('model_not_found');
});

test('a reader who is slow keeps the server waiting: less than six seconds of sound have come', async () => {
  const minutes = `${four} `.repeat(400).trim(); // thirteen minutes, 50 MB
  await using talking = await openTalking({ answer: () => ({ text: minutes }) });
  const host = new PlayingHost();
  const heard = await hearPart(talking.pipeline, turnOf(said('hello')), host, 100);
  const [call] = talking.server.calls;
  await expect.poll(() => call?.waitingBytes()).toBeGreaterThan(30_000_000);
  host.heardMs = Number.MAX_SAFE_INTEGER; // it is cut to what has come, then
  heard.interrupt();
  await expect.poll(() => cutsOf(talking.server)).toHaveLength(1);
  expect(cutsOf(talking.server)[0]).toBeLessThan(6_000);
  await expect.poll(() => talking.running()).toBe(0);
  await expect.poll(() => call?.waitingBytes()).toBe(0);
});

test('sound goes up while somebody speaks, and only what is missing goes with the answer', async () => {
  await using talking = await openTalking({ answer: fourFor });
  const { pipeline, server } = talking;
  const hello = speaking('hello', 2000);
  const samples = hello.pcm?.samples ?? new Int16Array(0);
  for (let at = 0; at < 28_800; at += 320) pipeline.hear?.(samples.slice(at, at + 320), '1', 0);
  await talking.settled();
  const [call] = server.calls;
  expect(call?.soundMs).toBeGreaterThan(1790);
  expect(commandsOf(server)).toEqual([]);
  await drain(pipeline, turnOf(hello));
  expect(call?.commits.map(durationMs)).toEqual([2000]);
  expect(call?.soundMs).toBe(2000);
});

test('sound of somebody else, or of nobody any more, does not go with an answer', async () => {
  await using talking = await openTalking({ answer: fourFor });
  const { pipeline, server } = talking;
  pipeline.hear?.(new Int16Array(16_000).fill(7), '2', 0);
  await talking.settled();
  const [call] = server.calls;
  expect(call?.bufferMs).toBeGreaterThan(900);
  await drain(pipeline, turnOf(speaking('hello')));
  expect(call?.commits.map(durationMs)).toEqual([1000]);
  pipeline.hear?.(new Int16Array(3200).fill(7), '2', 0);
  await talking.settled();
  expect(call?.bufferMs).toBeGreaterThan(1100); // it is put there again, from its beginning
  pipeline.forgetHeard?.('2', 0);
  await talking.settled();
  expect(call?.bufferMs).toBe(0);
});

test('somebody who goes on after a pause is heard whole once more', async () => {
  await using talking = await openTalking({ answer: () => ({ text: four, ends: 'stall' }) });
  const { pipeline, server } = talking;
  const whole = speaking('hello and more', 3000);
  const samples = whole.pcm?.samples ?? new Int16Array(0);
  pipeline.hear?.(samples.slice(0, 16_000), '1', 0);
  const caller = new AbortController();
  const { pcm: _, ...rest } = whole;
  const start = { samples: samples.slice(0, 16_000), rateHz: 16_000, channels: 1 } as const;
  pipeline.answer(turnOf({ ...rest, pcm: start }), new PlayingHost(), caller.signal);
  await talking.settled();
  pipeline.hear?.(samples.slice(16_000, 17_600), '1', 0);
  caller.abort(new Error('the person went on'));
  pipeline.hear?.(samples.slice(17_600), '1', 0);
  await talking.settled();
  const [call] = server.calls;
  expect(remembered(call)).toEqual([]);
  server.set({ answer: fourFor });
  await drain(pipeline, turnOf(whole));
  expect(call?.commits.map(durationMs)).toEqual([1000, 3000]);
  expect(remembered(call)).toEqual(['user: Ana:', 'user: sound 3000', `assistant: ${four}`]);
});

test('two answers at once are asked for one after the other', async () => {
  await using talking = await openTalking({ answer: fourFor });
  const both = await Promise.all([drain(talking.pipeline), drain(talking.pipeline)]);
  const texts = both.map(({ parts }: { parts: readonly ReplyPart[] }) => textOf(parts));
  expect([texts, talking.server.calls[0]?.errors]).toEqual([[four, four], []]);
});

test('closed, it leaves no connection and asks for nothing more', async () => {
  await using talking = await openTalking({ answer: fourFor });
  await drain(talking.pipeline);
  talking.pipeline[Symbol.dispose]();
  await talking.settled();
  expect(talking.server.open).toBe(0);
  expect((await drain(talking.pipeline)).error).toMatchObject({ code: 'provider.unreachable' });
});

test('a server that does not know how to cancel is left, and asked over another connection', async () => {
  const limits = { cancelMs: 50 };
  const answer = first('stall');
  await using talking = await openTalking({ answer, limits, deafToCancel: true });
  const host = new PlayingHost();
  const heard = await hearPart(talking.pipeline, turnOf(speaking('hello')), host, 300);
  heard.interrupt();
  expect((await drain(talking.pipeline)).error).toBeUndefined();
  expect(talking.server.calls.map(({ isClosed }) => isClosed)).toEqual([true, false]);
});
