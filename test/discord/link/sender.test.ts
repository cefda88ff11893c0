import { setImmediate as settle } from 'node:timers/promises';
import { AudioResource } from '@discordjs/voice';
import { seededRandom } from '#sandbox/seeded-random.ts';
import { FrameSender } from '#src/discord/link/frame-sender.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const makeFrame = (n: number) => Buffer.from([n, n, n, n]);
const isSilence = (sent: Buffer) => sent.equals(Buffer.from([0xf8, 0xff, 0xfe]));

/** The clock of the machine: its timers count whole ms from an instant that Node cuts to whole ms, so they fire early or late. */
class WholeMsClock extends VirtualClock {
  /** Number of timers that have fired. */
  fired = 0;
  readonly #random = seededRandom(7);
  readonly #latestMs;

  /** `latestMs`: how much longer than its whole ms a timer takes at most. */
  constructor(latestMs: number) {
    super();
    this.#latestMs = latestMs;
  }

  override later(ms: number, run: () => void) {
    const [nowMs, wholeMs] = [this.nowMs(), Math.max(1, Math.round(ms))];
    const firstMs = Math.floor(nowMs) + wholeMs;
    const lastMs = nowMs + wholeMs + this.#latestMs;
    const atMs = firstMs + this.#random() * (lastMs - firstMs);
    return super.later(atMs - nowMs, () => {
      this.fired++;
      run();
    });
  }
}

type Overrides = {
  /** Answer of the library to each frame. */
  readonly send?: () => boolean;
  readonly isSettled?: () => boolean;
};

/** A sender that notes when what left; `waiting` is what the source has. */
function openSender(
  { send, isSettled = () => true }: Overrides = {},
  timing = new VirtualClock(),
) {
  const waiting: Buffer[] = [];
  const left: Array<{ readonly n: number; readonly atMs: number }> = [];
  const silentAtMs: number[] = [];
  const log = {
    silence: 0,
    failed: [] as unknown[],
    asked: 0,
    stalls: [] as number[],
  };
  const connection = {
    playOpusPacket(sent: Buffer) {
      if (isSilence(sent)) log.silence++;
      return send?.() ?? true;
    },
    setSpeaking: () => void silentAtMs.push(timing.nowMs()),
  };
  const source = {
    pullFrame: () => {
      log.asked++;
      return waiting.shift();
    },
    markSent: (sent: Buffer, atMs: number) =>
      void left.push({ n: sent[0] ?? -1, atMs }),
    isIdle: true,
  };
  const reportFailure = (error: unknown) => log.failed.push(error);
  const sender = new FrameSender({
    connection,
    timing,
    isSettled,
    onRefused: reportFailure,
    onStall: (lateMs) => log.stalls.push(lateMs),
    onFailure: reportFailure,
  });
  const { wake } = sender.playFrames(source);
  return { sender, source, connection, wake, timing, waiting, left, silentAtMs, log };
}

test.each([0, 0.2])(
  'with timers of whole ms that fire early or up to %d ms late, 3,000 frames keep to the grid within 0.5 ms and that',
  (latestMs) => {
    const frames = 3_000;
    const timing = new WholeMsClock(latestMs);
    timing.passMs(0.7);
    const { waiting, left } = openSender({}, timing);
    waiting.push(...Array.from({ length: frames }, () => makeFrame(1)));
    timing.passMs(frames * 20);
    const earlyMs = left.map(({ atMs }, n) => 0.7 + n * 20 - atMs).slice(1); // the first leaves at once
    expect(earlyMs).toHaveLength(frames - 1);
    expect(Math.max(...earlyMs)).toBeLessThanOrEqual(0.5 + 1e-6);
    expect(Math.min(...earlyMs)).toBeGreaterThanOrEqual(-0.5 - latestMs - 1e-6);
    expect(timing.fired).toBeLessThan(frames * 1.4);
  },
);

test('the voice leaves as an AudioResource, whose every frame is taken from the source at the moment when it is sent', async () => {
  const read = vi.spyOn(AudioResource.prototype, 'read');
  const { timing, waiting, left, log } = openSender();
  const [first, second] = [makeFrame(1), makeFrame(2)];
  waiting.push(first, second);
  await settle(); // Node looks into a new stream by itself
  expect(log.asked).toBe(0);
  timing.passMs(0);
  expect([left.length, waiting.length]).toEqual([1, 1]);
  timing.passMs(20);
  expect(left.map(({ atMs }) => atMs)).toEqual([0, 20]);
  expect(read.mock.results.map(({ value }) => value)).toEqual([first, second]);
  expect(new Set(read.mock.contexts).size).toBe(1);
  expect(read.mock.contexts[0]).toMatchObject({ playbackDuration: 40 });
});

test('after the last frame five silence frames follow, then the link stops speaking', () => {
  const { timing, waiting, silentAtMs, log } = openSender();
  waiting.push(makeFrame(1));
  timing.passMs(1_000);
  expect([log.silence, silentAtMs]).toEqual([5, [100]]);
});

test('a delay of up to 60 ms is caught up back to back', () => {
  const { sender, timing, waiting, left } = openSender();
  waiting.push(makeFrame(1), makeFrame(2), makeFrame(3), makeFrame(4), makeFrame(5));
  timing.passMs(0);
  timing.suspend(75);
  timing.passMs(25);
  expect(left.map(({ atMs }) => atMs)).toEqual([0, 75, 75, 75, 80]);
  expect(sender.counts.shifts).toBe(0);
});

test('a longer stall moves the clock, is counted and told with its length, and no frame is cut', () => {
  const { sender, timing, waiting, left, log } = openSender();
  waiting.push(...[1, 2, 3, 4, 5].map(makeFrame));
  timing.passMs(0);
  timing.suspend(500);
  timing.passMs(80);
  expect(left.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5]);
  expect(left.map(({ atMs }) => atMs)).toEqual([0, 500, 520, 540, 560]);
  expect(sender.counts.shifts).toBe(1);
  expect(log.stalls).toEqual([480]);
});

test('until the link is settled nothing is sent and nothing is taken from the source', () => {
  let settled = false;
  const { timing, waiting, left, log } = openSender({ isSettled: () => settled });
  waiting.push(makeFrame(1));
  timing.passMs(200);
  expect(log.asked).toBe(0);
  settled = true;
  timing.passMs(20);
  expect(left.map(({ n }) => n)).toEqual([1]);
});

test('a frame the library did not take is not reported as heard', () => {
  const { sender, timing, waiting, left } = openSender({ send: () => false });
  waiting.push(makeFrame(1));
  timing.passMs(20);
  expect(left).toEqual([]);
  expect(sender.counts).toMatchObject({ sent: 0, refused: 1 });
});

test.each(['pullFrame', 'isIdle', 'markSent', 'setSpeaking'])(
  'a bug in `%s` is told once and throws out of no timer, so the link can be opened anew',
  (where) => {
    const bug = new TypeError('bug');
    const { source, connection, wake, timing, waiting, log } = openSender();
    timing.passMs(40);
    const throwBug = () => {
      throw bug;
    };
    Object.defineProperty(where === 'setSpeaking' ? connection : source, where, {
      get: throwBug,
    });
    if (where !== 'pullFrame') waiting.push(makeFrame(1), makeFrame(2));
    wake();
    expect(() => timing.passMs(5_000)).not.toThrow();
    expect(log.failed).toEqual([bug]);
  },
);
