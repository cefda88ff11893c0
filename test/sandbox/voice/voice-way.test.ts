import { expect, test } from 'vitest';
import type { PathFaults } from '#sandbox/voice/voice-ports.ts';
import { VoiceWay } from '#sandbox/voice-server/voice-way.ts';
import { SteppedClock } from '#test/sandbox/stepped-clock.ts';

const open = new AbortController().signal;

/** Sends numbers from 0 to `count`, 20 ms apart, and tells what arrived when. */
async function travelled(way: PathFaults, count = 1000) {
  const clock = new SteppedClock();
  const path = new VoiceWay(way, clock, open);
  const arrived: { readonly n: number; readonly lateMs: number }[] = [];
  for (let n = 0; n < count; n++) {
    const sentAtMs = clock.nowMs();
    path.pass(() => arrived.push({ n, lateMs: clock.nowMs() - sentAtMs }));
    await clock.step(20);
  }
  await clock.step(6000);
  return {
    arrived,
    numbers: arrived.map(({ n }) => n),
    lates: arrived.map(({ lateMs }) => lateMs),
  };
}

const rising = (numbers: readonly number[]): boolean =>
  numbers.every((n, at) => at === 0 || n >= (numbers[at - 1] ?? 0));

test('a perfect way delivers everything at once and in order', async () => {
  const { numbers, lates } = await travelled({}, 50);
  expect(numbers).toEqual(Array.from({ length: 50 }, (_, n) => n));
  expect(Math.max(...lates)).toBe(0);
});

test('a dead way delivers nothing', async () => {
  expect((await travelled({ dead: true }, 50)).numbers).toEqual([]);
});

test('a lossy way loses about its share, the same ones for the same seed', async () => {
  const one = await travelled({ loss: 0.2 });
  expect(one.numbers.length).toBeGreaterThan(750);
  expect(one.numbers.length).toBeLessThan(850);
  expect((await travelled({ loss: 0.2 })).numbers).toEqual(one.numbers);
  expect((await travelled({ loss: 0.2, seed: 2 })).numbers).not.toEqual(one.numbers);
});

test('duplicates follow what they repeat', async () => {
  const { numbers } = await travelled({ duplicates: 0.1 });
  expect(numbers.length).toBeGreaterThan(1060);
  expect(numbers.length).toBeLessThan(1140);
  expect(rising(numbers)).toBe(true);
});

test('what is overtaken arrives right after the next one, or after 60 ms', async () => {
  const { numbers, lates } = await travelled({ reorder: 0.1 });
  expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, n) => n));
  const late = lates.filter((lateMs) => lateMs > 0);
  expect(late.length).toBeGreaterThan(70);
  expect(Math.max(...lates)).toBeLessThanOrEqual(60);
  expect(rising(numbers)).toBe(false);
});

test('jitter makes datagrams late and keeps their order', async () => {
  const { numbers, lates } = await travelled({ delayMs: 30, jitterMs: 80 });
  expect(numbers).toEqual(Array.from({ length: 1000 }, (_, n) => n));
  expect(Math.min(...lates)).toBeGreaterThanOrEqual(30);
  expect(Math.max(...lates)).toBeLessThanOrEqual(120);
  expect(new Set(lates).size).toBeGreaterThan(5);
});

test('no datagram is later than five seconds, and at most 500 are on the way', async () => {
  const clock = new SteppedClock();
  const path = new VoiceWay({ delayMs: 60_000 }, clock, open);
  let arrived = 0;
  for (let n = 0; n < 600; n++) path.pass(() => arrived++);
  await clock.step(4900);
  expect(arrived).toBe(0);
  await clock.step(200);
  expect(arrived).toBe(500);
});
