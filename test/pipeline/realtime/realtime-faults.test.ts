import { expect, test } from 'vitest';
import { durationMs } from '#src/audio/pcm.ts';
import type { ChatMessage } from '#src/chat/ports.ts';
import type { Pipeline, Turn } from '#src/pipeline/pipeline.ts';
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

test.each([
  ['a connection that drops before the answer is replaced unnoticed, for money of its own', 'drop'],
  ['a session at its limit is replaced unnoticed, for money of its own', 'close'],
] as const)('%s', async (_, ends) => {
  await using talking = await openTalking({ answer: first(ends, '') });
  const history: ChatMessage[] = [
    { role: 'user', name: 'Ben', content: 'hi' },
    { role: 'assistant', content: 'Hello Ben.' },
  ];
  let holds = 0;
  const holdModel = () => void holds++;
  const host = Object.assign(new PlayingHost(), { holdModel });
  const asked = after(history, turnOf(speaking('hello')));
  const { parts, error } = await drain(talking.pipeline, asked, host);
  const { calls } = talking.server;
  expect([error, textOf(parts), calls.length, holds]).toEqual([undefined, four, 2, 2]);
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
