import { expect, test } from 'vitest';
import { MusicLimiter } from '#src/playback/mix/music-limiter.ts';
import { musicFrame, musicPerMs } from '#src/playback/mix/stereo.ts';

test('music is turned down by 15 % in each ms ahead of a peak, and up by 0.35 % in each ms after it', () => {
  const limiter = new MusicLimiter();
  const sum = new Float32Array(2 * musicFrame).fill(10_000);
  sum.fill(40_000, 2 * 10 * musicPerMs, 2 * 11 * musicPerMs);
  const least = (0.95 * 32_767) / 40_000;
  const samples = limiter.limit(sum);
  const at = (ms: number) => (samples[2 * ms * musicPerMs] ?? 0) / 10_000;
  expect([at(0), at(8)]).toEqual([1, 1]);
  expect(at(8.5)).toBeCloseTo((1 + least * 1.15) / 2, 3);
  expect(at(9)).toBeCloseTo(least * 1.15, 3);
  expect(at(11)).toBeCloseTo(least, 3);
  expect(at(12)).toBeCloseTo(least * 1.0035, 3);
  const [first = 0] = limiter.limit(new Float32Array(2 * musicFrame).fill(10_000));
  expect(first / 10_000).toBeCloseTo(least * 1.0035 ** 9, 3);
});
