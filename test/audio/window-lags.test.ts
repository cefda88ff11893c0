import { expect, test } from 'vitest';
import { WindowLags } from '#src/audio/voice/voice-meter.ts';

test('of a burst of windows that end together the first one tells the lag', () => {
  const lags = new WindowLags();
  lags.put(100, 60);
  lags.put(100.4, 40);
  lags.put(132, 20);
  expect([lags.atMs(100), lags.atMs(132), lags.latestMs]).toEqual([60, 20, 20]);
});

test('the first window of a burst tells the lag, even where the oldest windows are being forgotten', () => {
  const lags = new WindowLags();
  for (let n = 0; n < 31; n++) lags.put(n * 32, 0);
  lags.put(2000, 60);
  lags.put(2000, 40);
  expect(lags.atMs(2000)).toBe(60);
});

test('a window that is unknown, or too long ago, had no lag', () => {
  const lags = new WindowLags();
  expect([lags.atMs(0), lags.latestMs]).toEqual([0, 0]);
  for (let n = 0; n < 100; n++) lags.put(n * 32, n);
  expect([lags.atMs(0), lags.atMs(50 * 32), lags.atMs(99 * 32)]).toEqual([0, 0, 99]);
  expect(lags.atMs(68 * 32)).toBe(68);
});
