import { expect, test } from 'vitest';
import { chatModelContract } from '#test/contracts/chat-model.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/speech.ts';

const never = new AbortController().signal;

chatModelContract('a scripted model', async () => ({
  model: new FakeChat([['It is', ' four', ' now.']]),
  [Symbol.asyncDispose]: async () => undefined,
}));

test('virtual time wakes sleepers in order of their hour, and those who sleep again', async () => {
  const clock = new VirtualClock();
  const woken: string[] = [];
  const sleep = async (name: string, ...lengths: number[]) => {
    for (const ms of lengths) {
      await clock.sleep(ms, never);
      woken.push(`${name} at ${clock.nowMs()}`);
    }
  };
  const all = Promise.all([sleep('a', 30), sleep('b', 10, 10, 20)]);
  await clock.advance(25);
  expect(woken).toEqual(['b at 10', 'b at 20']);
  await clock.advance(25);
  await all;
  expect(woken).toEqual(['b at 10', 'b at 20', 'a at 30', 'b at 40']);
  expect(clock.sleeping).toBe(0);
});

test('a sleep in virtual time throws the reason of its abort', async () => {
  const clock = new VirtualClock();
  const caller = new AbortController();
  const sleep = clock.sleep(10, caller.signal);
  const reason = new Error('left');
  caller.abort(reason);
  await expect(sleep).rejects.toBe(reason);
  await expect(clock.sleep(10, caller.signal)).rejects.toBe(reason);
  expect(clock.sleeping).toBe(0);
});

test('the fake recogniser hears nothing in silence', async () => {
  const ears = new FakeTranscriber({ texts: ['hello'], partials: ['he'] });
  const hear = (level: number) => {
    const samples = new Int16Array(160).fill(level);
    return Array.fromAsync(ears.transcribe({ samples, rateHz: 16_000, channels: 1 }, never));
  };
  expect((await hear(9)).at(-1)).toEqual({ kind: 'final', transcript: { text: 'hello' } });
  expect((await hear(0)).at(-1)).toEqual({ kind: 'final', transcript: { text: '' } });
});

test('the fake voice refuses what has no words, and throws the reason of an abort', async () => {
  const voice = new FakeSynthesizer();
  const say = (text: string, signal: AbortSignal) =>
    Array.fromAsync(voice.synthesize(text, {}, signal));
  expect(await say('hello', never)).toHaveLength(3);
  await expect(say('...', never)).rejects.toMatchObject({ code: 'speech.unspeakable' });
  const reason = new Error('left');
  await expect(say('hello', AbortSignal.abort(reason))).rejects.toBe(reason);
  expect(voice.running).toBe(0);
});
