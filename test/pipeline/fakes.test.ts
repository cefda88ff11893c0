import { expect, test } from 'vitest';
import { chatModelContract } from '#test/contracts/chat-model.ts';
import { synthesizerContract } from '#test/contracts/synthesizer.ts';
import { transcriberContract } from '#test/contracts/transcriber.ts';
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

const utterance = (level: number, text: string) => {
  const samples = new Int16Array(1600).fill(level);
  return { pcm: { samples, rateHz: 16_000, channels: 1 }, text } as const;
};
const [one, other] = [utterance(100, 'hello'), utterance(200, 'good morning')];

transcriberContract(
  'a recogniser that was told what to hear',
  () =>
    new FakeTranscriber({
      texts: ({ samples }) => (samples[0] === 100 ? one.text : other.text),
      partials: ['he'],
    }),
  [one, other],
);

synthesizerContract('a voice of constant samples', () => new FakeSynthesizer());
