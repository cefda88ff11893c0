import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { embedded } from '#src/provider/models/served-by.ts';
import { transcriberWithFallbacks } from '#src/speech/fallbacks/transcriber-fallbacks.ts';
import type { EngineUsage, Listening, Transcriber, Transcript } from '#src/speech/ports.ts';
import {
  type HoldSound,
  meteredTranscriber,
  type OnRecognised,
} from '#src/spending/usage-meters.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { chainOf } from '#test/fakes/fallbacks.ts';

const never = new AbortController().signal;
const second = new Int16Array(16_000);
const reported = (ms: number): EngineUsage => ({ by: embedded, count: { kind: 'heard', ms } });

/** One that hears while somebody speaks, and answers as told. */
function streaming(settle: Listening['settle']): Transcriber {
  return {
    transcribe: () => {
      throw new Error('It listens.');
    },
    listen: () => ({ push: () => undefined, settle, [Symbol.dispose]: () => undefined }),
  };
}

function listening(settle: Listening['settle'], signal = never) {
  const heard: (readonly [ms: number, took: EngineUsage | undefined])[] = [];
  const metered = meteredTranscriber(
    streaming(settle),
    (ms, usage) => void heard.push([ms, usage]),
  );
  return { heard, listening: metered.listen?.(() => undefined, signal) ?? expect.fail() };
}

/** Money for a stream, and what it takes of it. */
function meteredBy(hold: HoldSound, push: Listening['push']) {
  const heard: number[] = [];
  const inner = { push, settle: async () => ({ text: 'a' }), [Symbol.dispose]: () => undefined };
  const streams: Transcriber = { ...streaming(inner.settle), listen: () => inner };
  const metered = meteredTranscriber(streams, (ms) => void heard.push(ms), hold);
  return { heard, metered: metered.listen?.(() => undefined, never) ?? expect.fail() };
}

const answering = (...texts: readonly Transcript[]) => {
  const left = [...texts];
  return async () => left.shift() ?? { text: '' };
};

test('of sound that streams the count of the server is paid, not its length as well', async () => {
  const { listening: listener, heard } = listening(answering({ text: 'a', usage: reported(900) }));
  listener.push(second);
  await listener.settle(never);
  listener[Symbol.dispose]();
  expect(heard).toEqual([[1_000, reported(900)]]);
});

test('sound that streams waits until money for it is set aside, is sent whole, and frees the rest', async () => {
  const pushed: number[] = [];
  const [asked, ended]: [number[], number[]] = [[], []];
  const hold = async (ms: number) => {
    const n = asked.push(ms);
    await Promise.resolve();
    return { units: 1_500, end: () => void ended.push(n) };
  };
  const { heard, metered } = meteredBy(hold, (sound) => void pushed.push(sound.length));
  for (let n = 0; n < 4; n++) metered.push(second);
  expect(pushed).toEqual([]);
  await metered.settle(never);
  metered[Symbol.dispose]();
  expect(pushed).toEqual([16_000, 16_000, 16_000, 16_000]);
  expect(heard).toEqual([4_000]);
  expect(asked).toEqual([30_000, 30_000, 30_000]);
  expect(ended).toEqual([1, 2, 3]);
});

test('what no transcript came of is paid by its length at the end', async () => {
  const { listening: listener, heard } = listening(() => Promise.reject(new Error('left')));
  listener.push(second);
  await expect(listener.settle(never)).rejects.toThrow('left');
  expect(heard).toEqual([]);
  listener.push(second);
  listener[Symbol.dispose]();
  expect(heard).toEqual([[2_000, undefined]]);
});

test('of an utterance that is sent whole, what the server counts is told, and of a cut one its length', async () => {
  const heard: Parameters<OnRecognised>[] = [];
  const whole: Transcriber = {
    async *transcribe() {
      yield { kind: 'partial', text: 'a' };
      yield { kind: 'final', transcript: { text: 'a', usage: reported(900) } };
    },
  };
  const metered = meteredTranscriber(whole, (...asked) => void heard.push(asked));
  const pcm = { samples: second, rateHz: 16_000, channels: 1 } as const;
  for await (const _ of metered.transcribe(pcm, never)) break;
  for await (const _ of metered.transcribe(pcm, never));
  expect(heard).toEqual([
    [1_000, undefined],
    [1_000, reported(900)],
  ]);
});

/** Says `five` after so many milliseconds; -1 is never, an error is thrown at once. */
function answers(clock: VirtualClock, ...outcomes: (number | BotError)[]): Transcriber {
  return {
    async *transcribe(_, signal) {
      const outcome = outcomes.shift() ?? 0;
      if (outcome instanceof BotError) throw outcome;
      await clock.sleep(outcome < 0 ? 3_600_000 : outcome, signal);
      yield { kind: 'final', transcript: { text: 'five', usage: reported(900) } };
    },
  };
}

/** Usage counted for one second of sound that these engines recognise, after `afterMs`. */
async function countedFor(
  engines: (clock: VirtualClock) => readonly Transcriber[],
  afterMs: number,
  isLive = false,
): Promise<readonly Parameters<OnRecognised>[]> {
  const clock = new VirtualClock();
  const { chain } = chainOf<Transcriber>('speech to text', engines(clock), clock);
  const heard: Parameters<OnRecognised>[] = [];
  const laddered = transcriberWithFallbacks(chain, isLive);
  const metered = meteredTranscriber(laddered, (...one) => void heard.push(one));
  const pcm = { samples: second.map(() => 900), rateHz: 16_000, channels: 1 } as const;
  const text = async () => {
    using live = metered.listen?.(() => undefined, never);
    live?.push(pcm.samples);
    const updates = live ? undefined : await Array.fromAsync(metered.transcribe(pcm, never));
    const last = updates?.at(-1);
    return last?.kind === 'final' ? last.transcript : await live?.settle(never);
  };
  const done = text();
  await clock.advance(afterMs);
  expect(await done).toMatchObject({ text: 'five' });
  await clock.advance(1_000);
  return heard;
}

/** One that hears while somebody speaks, and fails at their pause. */
const failingLive = (error: BotError): Transcriber => ({
  ...streaming(() => Promise.reject(error)),
  transcribe: () => {
    throw error;
  },
});

test('a server that heard somebody speak and is late with their words is paid beside the one that answers', async () => {
  const late = new BotError('provider.late', true, 'Late.');
  const heard = await countedFor((clock) => [failingLive(late), answers(clock, 0)], 1_000, true);
  expect(heard).toEqual([
    [1_000, undefined],
    [1_000, undefined],
    [1_000, reported(900)],
  ]);
});
