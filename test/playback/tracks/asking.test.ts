import { expect, test } from 'vitest';
import { MusicLimiter } from '#src/playback/mix/music-limiter.ts';
import { musicFrame, musicPerMs } from '#src/playback/mix/stereo.ts';
import { Band, itemOf, steady } from './band.ts';

test('whether all tracks are paused is told', () => {
  const { tracks } = new Band();
  expect(tracks.isPaused).toBe(false);
  tracks.pause();
  expect(tracks.isPaused).toBe(true);
  tracks.resume();
  expect(tracks.isPaused).toBe(false);
});

test('stopping a track names what sounded and counts what waited, and a silent track is told as idle', () => {
  const { tracks } = new Band();
  const item = itemOf(tracks.enqueue('main', steady(1000, 500)));
  tracks.enqueue('main', steady(1000, 500));
  expect(tracks.track('main')?.stop()).toEqual({ kind: 'stopped', item, removed: 1 });
  expect(tracks.track('main')?.stop()).toEqual({ kind: 'idle' });
  expect(tracks.track('main')?.skip()).toEqual({ kind: 'idle' });
});

test('a source that is still being read is not opened again because it is to loop', async () => {
  const band = new Band();
  let opened = 0;
  const source = steady(1000, 5_000);
  const counted: typeof source = {
    title: source.title,
    seekable: true,
    lengthMs: 5_000,
    open(fromMs, signal) {
      opened++;
      return source.open(fromMs, signal);
    },
  };
  band.tracks.enqueue('main', counted);
  await band.run(200);
  band.tracks.track('main')?.loop(true);
  await band.run(2_000);
  expect(opened).toBe(1);
});

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

test('music that is not too loud passes sample by sample', () => {
  const sum = Float32Array.from({ length: 2 * musicFrame }, (_, n) => 15 * n - 15_000);
  expect([...new MusicLimiter().limit(sum)]).toEqual([...sum]);
});
