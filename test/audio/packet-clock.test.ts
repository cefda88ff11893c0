import { expect, test } from 'vitest';
import { PacketClock } from '#src/audio/voice/speaker-stream.ts';

/** Packets of 20 ms, each as late as told. */
function lags(lates: readonly number[], firstTimestamp = 0, sentMs = (n: number) => n * 20) {
  const clock = new PacketClock();
  return lates.map((late, n) =>
    Math.round(
      clock.lagMs({
        timestamp: (firstTimestamp + sentMs(n) * 48) % 2 ** 32,
        atMs: 1_000 + sentMs(n) + late,
      }),
    ),
  );
}

test('a packet lags as much as it is later than the fastest one', () => {
  expect(lags([0, 40, 80, 60, 0, 5])).toEqual([0, 40, 80, 60, 0, 5]);
});

test('who is faster than all before them is the new measure', () => {
  expect(lags([50, 50, 0, 50])).toEqual([0, 0, 0, 50]);
});

test('timestamps wrap without a lag', () => {
  expect(lags([0, 30, 0], 2 ** 32 - 1_000)).toEqual([0, 30, 0]);
});

test('a client whose timestamps jump is measured anew', () => {
  const clock = new PacketClock();
  expect(clock.lagMs({ timestamp: 0, atMs: 0 })).toBe(0);
  expect(clock.lagMs({ timestamp: 123_456_789, atMs: 20 })).toBe(0);
  expect(Math.round(clock.lagMs({ timestamp: 123_456_789 + 960, atMs: 80 }))).toBe(40);
});

test('a clock that is 100 ppm slower than ours makes no lag in an hour', () => {
  const clock = new PacketClock();
  let most = 0;
  for (let n = 0; n < 180_000; n++) {
    const atMs = n * 20 * 1.0001;
    most = Math.max(most, clock.lagMs({ timestamp: (n * 960) % 2 ** 32, atMs }));
  }
  expect(most).toBeLessThan(1);
});
