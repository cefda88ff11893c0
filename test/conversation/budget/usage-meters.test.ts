import { BotError } from '#src/base/errors.ts';
import { noGuild } from '#src/base/ids.ts';
import { servedLocally } from '#src/provider/models/standard-models.ts';
import { createTranscriberChain } from '#src/speech/fallbacks/speech-chains.ts';
import type {
  EngineUsage,
  Listening,
  Transcriber,
  Transcript,
} from '#src/speech/speech-engine.ts';
import { meterTranscriber } from '#src/spending/paid-engine.ts';
import type { SoundMeter } from '#src/spending/reservation.ts';
import { makeChain } from '#test/fakes/fallback-chains.ts';
import { VirtualClock, waitUntilSettled } from '#test/fakes/virtual-clock.ts';

const never = new AbortController().signal;
const second = new Int16Array(16_000);
const reportHeard = (ms: number): EngineUsage => ({
  by: servedLocally,
  count: { kind: 'heard', ms },
});

/** One that hears while somebody speaks, and answers as told. */
function makeStreamingEngine(settle: Listening['settle']) {
  return {
    transcribe: () => {
      throw new Error('It listens.');
    },
    listen: () => ({
      push: () => undefined,
      settle,
      [Symbol.dispose]: () => undefined,
    }),
  };
}

/** Server of the sound, which is live. */
const liveServer = { guildId: noGuild, isLive: true };

function startListening(settle: Listening['settle']) {
  const heard: (readonly [ms: number, took: EngineUsage | undefined])[] = [];
  const metered = meterTranscriber(makeStreamingEngine(settle), {
    ...liveServer,
    onRecognised: (ms, usage) => void heard.push([ms, usage]),
  });
  return {
    heard,
    listening: metered.listen?.(() => undefined, never) ?? expect.fail(),
  };
}

/** Money for a stream, and what it takes of it. */
function meteredBy(holdSound: SoundMeter['holdSound'], push: Listening['push']) {
  const heardValues: number[] = [];
  const inner = {
    push,
    settle: async () => ({ text: 'a' }),
    [Symbol.dispose]: () => undefined,
  };
  const streams: Transcriber = {
    ...makeStreamingEngine(inner.settle),
    listen: () => inner,
  };
  const meter: SoundMeter = {
    ...liveServer,
    onRecognised: (ms) => void heardValues.push(ms),
    holdSound,
  };
  const metered = meterTranscriber(streams, meter);
  return {
    heard: heardValues,
    metered: metered.listen?.(() => undefined, never) ?? expect.fail(),
  };
}

const answerInTurn = (...texts: readonly Transcript[]) => {
  const left = [...texts];
  return async () => left.shift() ?? { text: '' };
};

test('of sound that streams the count of the server is paid, not its length as well', async () => {
  const { listening: listener, heard } = startListening(
    answerInTurn({ text: 'a', usage: reportHeard(900) }),
  );
  listener.push(second);
  await listener.settle(never);
  listener[Symbol.dispose]();
  expect(heard).toEqual([[1_000, reportHeard(900)]]);
});

test('sound that streams waits until money for it is set aside, is sent whole, and frees the rest', async () => {
  const pushed: number[] = [];
  const [asked, ended]: [number[], number[]] = [[], []];
  const holdUnits = async (ms: number) => {
    const n = asked.push(ms);
    await Promise.resolve();
    return { maxUnits: 1_500, release: () => void ended.push(n) };
  };
  const { heard, metered } = meteredBy(
    holdUnits,
    (sound) => void pushed.push(sound.length),
  );
  for (let n = 0; n < 4; n++) metered.push(second);
  expect(pushed).toEqual([]);
  await metered.settle(never);
  metered[Symbol.dispose]();
  expect([pushed, heard]).toEqual([[16_000, 16_000, 16_000, 16_000], [4_000]]);
  expect([asked, ended]).toEqual([
    [30_000, 30_000, 30_000],
    [1, 2, 3],
  ]);
  metered.push(second);
  await waitUntilSettled();
  expect([pushed.length, ended]).toEqual([4, [1, 2, 3, 4]]);
});

test('sound without a transcript is paid by its length at the end', async () => {
  const { listening: listener, heard } = startListening(() =>
    Promise.reject(new Error('left')),
  );
  listener.push(second);
  await expect(listener.settle(never)).rejects.toThrow('left');
  expect(heard).toEqual([]);
  listener.push(second);
  listener[Symbol.dispose]();
  expect(heard).toEqual([[2_000, undefined]]);
});

test('of an utterance that is sent whole, what the server counts is told, and of a cut one its length', async () => {
  const heard: Parameters<SoundMeter['onRecognised']>[] = [];
  const whole: Transcriber = {
    async *transcribe() {
      yield { kind: 'partial', text: 'a' };
      yield { kind: 'final', transcript: { text: 'a', usage: reportHeard(900) } };
    },
  };
  const metered = meterTranscriber(whole, {
    ...liveServer,
    onRecognised: (...requests) => void heard.push(requests),
  });
  const pcm = { samples: second, rateHz: 16_000, channels: 1 } as const;
  for await (const _ of metered.transcribe(pcm, never)) break;
  for await (const _ of metered.transcribe(pcm, never));
  expect(heard).toEqual([
    [1_000, undefined],
    [1_000, reportHeard(900)],
  ]);
});

test('a server that heard somebody speak and is late with their words is paid beside the one that answers', async () => {
  const failLate = () => Promise.reject(new BotError('provider.late', true, 'Late.'));
  const failing: Transcriber = {
    ...makeStreamingEngine(failLate),
    async *transcribe() {
      yield await failLate();
    },
  };
  const answering: Transcriber = {
    async *transcribe() {
      yield { kind: 'final', transcript: { text: 'five', usage: reportHeard(900) } };
    },
  };
  const clock = new VirtualClock();
  const { chain } = makeChain('speech to text', [failing, answering], clock);
  const heard: Parameters<SoundMeter['onRecognised']>[] = [];
  const metered = meterTranscriber(createTranscriberChain(chain, true), {
    ...liveServer,
    onRecognised: (...item) => void heard.push(item),
  });
  using live = metered.listen?.(() => undefined, never) ?? expect.fail();
  live.push(second.map(() => 900));
  const settling = live.settle(never);
  await clock.advance(2_000);
  expect(await settling).toMatchObject({ text: 'five' });
  expect(heard).toEqual([
    [1_000, undefined],
    [1_000, undefined],
    [1_000, reportHeard(900)],
  ]);
});
