import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { embedded } from '#src/provider/models/served-by.ts';
import { transcriberWithFallbacks } from '#src/speech/fallbacks/transcriber-fallbacks.ts';
import type { EngineUsage, Listening, Transcriber, Transcript } from '#src/speech/ports.ts';
import { meteredTranscriber, type OnRecognised } from '#src/spending/usage-meters.ts';
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

test('a transcript that several wait for is paid once', async () => {
  const same = { text: 'a', usage: reported(900) };
  const { listening: listener, heard } = listening(answering(same, same));
  listener.push(second);
  await Promise.all([listener.settle(never), listener.settle(never)]);
  listener[Symbol.dispose]();
  expect(heard).toEqual([[1_000, reported(900)]]);
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

test('words that come after the end are paid already', async () => {
  const late = Promise.withResolvers<Transcript>();
  const leaving = new AbortController();
  const { listening: listener, heard } = listening(() => late.promise, leaving.signal);
  listener.push(second);
  const words = listener.settle(never);
  leaving.abort(new Error('left'));
  late.resolve({ text: 'a', usage: reported(900) });
  await words;
  listener[Symbol.dispose]();
  expect(heard).toEqual([[1_000, undefined]]);
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

test('sound that is sent once more over another connection is paid once more', async () => {
  const by = { kind: 'remote', model: 'ears', host: '127.0.0.1' } as const;
  const losing: Transcriber = {
    async *transcribe(_pcm, _signal, onResent) {
      onResent?.(1_000, by);
      yield { kind: 'final', transcript: { text: 'a', usage: reported(900) } };
    },
    listen: (_onPartial, _signal, onResent) => ({
      push: () => onResent?.(400, by),
      settle: answering({ text: 'a', usage: reported(900) }),
      [Symbol.dispose]: () => undefined,
    }),
  };
  const heard: Parameters<OnRecognised>[] = [];
  const metered = meteredTranscriber(losing, (...asked) => void heard.push(asked));
  const pcm = { samples: second, rateHz: 16_000, channels: 1 } as const;
  await Array.fromAsync(metered.transcribe(pcm, never));
  expect(heard.splice(0)).toEqual([
    [1_000, { by }],
    [1_000, reported(900)],
  ]);
  const listening = meteredTranscriber(losing, (...asked) => void heard.push(asked)).listen?.(
    () => undefined,
    never,
  );
  listening?.push(second);
  await listening?.settle(never);
  listening?.[Symbol.dispose]();
  expect(heard).toEqual([
    [400, { by }],
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
  const laddered = transcriberWithFallbacks(chain, isLive, clock);
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

test('a request that is sent once more beside a slow one costs money a second time', async () => {
  const heard = await countedFor((clock) => [answers(clock, -1, 100)], 5_200);
  expect(heard).toContainEqual([1_000, reported(900)]);
  expect(heard).toContainEqual([1_000, undefined]);
  expect(heard).toHaveLength(2);
});

test('while somebody speaks, a request that is sent once more costs money a second time as well', async () => {
  const slow = (clock: VirtualClock): Transcriber => ({
    ...answers(clock, 100),
    listen: () => ({
      push: () => undefined,
      settle: (signal) => clock.sleep(3_600_000, signal).then(() => ({ text: '' })),
      [Symbol.dispose]: () => undefined,
    }),
  });
  const heard = await countedFor((clock) => [slow(clock)], 5_200, true);
  expect(heard).toEqual([
    [1_000, reported(900)],
    [1_000, undefined],
  ]);
});

test('a server that is given up as late has been asked, and is paid beside the one that answers in its place', async () => {
  const late = new BotError('provider.late', true, 'Late.');
  const heard = await countedFor((clock) => [answers(clock, late), answers(clock, 0)], 1_000);
  expect(heard).toEqual([
    [1_000, undefined],
    [1_000, reported(900)],
  ]);
});

test('a server that refuses an utterance is not paid, only the one that answers in its place', async () => {
  const no = new BotError('provider.bad_key', false, 'No.');
  const heard = await countedFor((clock) => [answers(clock, no), answers(clock, 0)], 1_000);
  expect(heard).toEqual([[1_000, reported(900)]]);
});

/** One that hears while somebody speaks, and fails at their pause. */
const failingLive = (error: BotError): Transcriber => streaming(() => Promise.reject(error));

test('a server that heard somebody speak and is late with their words is paid beside the one that answers', async () => {
  const late = new BotError('provider.late', true, 'Late.');
  const heard = await countedFor((clock) => [failingLive(late), answers(clock, 0)], 1_000, true);
  expect(heard).toEqual([
    [1_000, reported(900)],
    [1_000, undefined],
  ]);
});

test('a server that refuses what somebody says while they speak is not paid', async () => {
  const no = new BotError('provider.bad_key', false, 'No.');
  const heard = await countedFor((clock) => [failingLive(no), answers(clock, 0)], 1_000, true);
  expect(heard).toEqual([[1_000, reported(900)]]);
});

test('sound that was refused at one pause, and has its words at the next, is paid', async () => {
  const no = new BotError('provider.unreachable', false, 'No.');
  let pauses = 0;
  const { listening: listener, heard } = listening(async () => {
    if (pauses++ === 0) throw no;
    return { text: 'a', usage: { by: embedded } };
  });
  listener.push(second);
  await expect(listener.settle(never)).rejects.toBe(no);
  listener.push(second);
  await listener.settle(never);
  listener[Symbol.dispose]();
  expect(heard).toEqual([[2_000, { by: embedded }]]);
});
