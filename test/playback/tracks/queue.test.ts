import { expect, test } from 'vitest';
import { musicFrame, musicPerMs } from '#src/playback/mix/stereo.ts';
import { PlayedItem } from '#src/playback/tracks/track-item.ts';
import { longestQueue, TrackQueue } from '#src/playback/tracks/track-queue.ts';
import { TrackVolume } from '#src/playback/tracks/track-volume.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { codec, steady } from './band.ts';

function line() {
  const ended: string[] = [];
  const queue = new TrackQueue(({ source }, { reason }) => ended.push(`${source.title} ${reason}`));
  const parts = { clock: new VirtualClock(), decoder: () => codec.stereoDecoder() };
  const item = (n: number) => new PlayedItem(steady(n, 20), {}, parts, () => undefined);
  return { ended, queue, item, titles: () => queue.waiting.map(({ source }) => source.title) };
}

test('the first item sounds at once, others wait behind or in front, and each is told its place', () => {
  const { queue, item, titles } = line();
  expect(queue.isIdle).toBe(true);
  expect(queue.add(item(1), true)).toBe(0);
  expect(queue.isIdle).toBe(false);
  expect(queue.add(item(2), false)).toBe(1);
  expect(queue.add(item(3), false)).toBe(2);
  expect(queue.add(item(4), true)).toBe(1);
  expect(titles()).toEqual(['level 4', 'level 2', 'level 3']);
  expect(queue.next?.source.title).toBe('level 4');
});

test('a queue is full with 50 that wait, the one that sounds not counted', () => {
  const { queue, item } = line();
  for (let n = 0; n < longestQueue; n++) queue.add(item(n), false);
  expect(queue.isFull).toBe(false);
  queue.add(item(50), false);
  expect(queue.isFull).toBe(true);
});

test('what is skipped ends as skipped, and what waits goes on waiting', () => {
  const { ended, queue, item, titles } = line();
  for (const n of [1, 2, 3]) queue.add(item(n), false);
  expect(queue.skip('skipped')?.source.title).toBe('level 1');
  expect([queue.now?.source.title, ...titles()]).toEqual(['level 2', 'level 3']);
  expect(ended).toEqual(['level 1 skipped']);
});

test('clearing stops all that waits and lets what sounds sound', () => {
  const { ended, queue, item, titles } = line();
  for (const n of [1, 2, 3]) queue.add(item(n), false);
  expect(queue.clear('stopped')).toBe(2);
  expect([queue.now?.source.title, titles()]).toEqual(['level 1', []]);
  expect(ended).toEqual(['level 2 stopped', 'level 3 stopped']);
  expect(queue.clear('stopped')).toBe(0);
});

test('one that waits is removed and ends as skipped, once, and what sounds cannot be', () => {
  const { ended, queue, item, titles } = line();
  const [first, second, third] = [item(1), item(2), item(3)];
  for (const one of [first, second, third]) queue.add(one, false);
  expect([queue.remove(second), queue.remove(second), queue.remove(first)]).toEqual([
    ...[true, false, false],
  ]);
  expect([queue.now, ...titles()]).toEqual([first, 'level 3']);
  expect(ended).toEqual(['level 2 skipped']);
});

test('with the last item a queue is idle, and there is nothing to skip', () => {
  const { ended, queue, item } = line();
  const only = item(1);
  queue.add(only, false);
  queue.done(only);
  expect(ended).toEqual(['level 1 empty']);
  expect([queue.isIdle, queue.skip('skipped')]).toEqual([true, undefined]);
  expect(ended).toHaveLength(1);
});

/** 20 ms at 1 under a volume; undefined where it says that there is nothing to hear. */
function heard(volume: TrackVolume, isSounding = true): readonly number[] | undefined {
  const sound = new Float32Array(2 * musicFrame).fill(1);
  if (!volume.apply(sound, isSounding)) return undefined;
  return [0, musicFrame, 2 * musicFrame - 1].map((at) => sound[at] ?? Number.NaN);
}

test('a volume is kept between 0 and 200, and what is no number changes nothing', () => {
  const volume = new TrackVolume();
  expect(volume.percent).toBe(100);
  expect([50, 250, -3, 70, Number.NaN].map((percent) => volume.fade(percent, 0))).toEqual([
    ...[50, 200, 0, 70, 70],
  ]);
});

test('a change of volume takes 5 ms at least, and as long as it is told', () => {
  const volume = new TrackVolume();
  expect([volume.isPlain, heard(volume)]).toEqual([true, [1, 1, 1]]);
  volume.fade(50, 0);
  expect(volume.isPlain).toBe(false);
  expect(heard(volume)).toEqual([1, 0.5, 0.5]);
  volume.fade(150, 40);
  const [from, middle, to] = heard(volume) ?? [];
  expect([from, middle]).toEqual([0.5, 0.65625]);
  expect(to).toBeGreaterThan(0.99);
  expect(to).toBeLessThan(1);
});

test('muted there is nothing to hear once the fade is over, and the volume is as it was afterwards', () => {
  const volume = new TrackVolume();
  volume.fade(50, 0);
  heard(volume);
  volume.mute(true);
  expect(volume.isMuted).toBe(true);
  expect(heard(volume)).toEqual([0.5, 0, 0]);
  expect(heard(volume)).toBeUndefined();
  volume.mute(false);
  expect([volume.isMuted, volume.percent, heard(volume)]).toEqual([false, 50, [0, 0.5, 0.5]]);
});

test('ducking comes on top of the volume, and passes while nothing sounds', () => {
  const volume = new TrackVolume();
  volume.duck(20, 0);
  expect(heard(volume)?.[0]).toBeCloseTo(0.1, 6);
  expect(volume.isPlain).toBe(false);
  volume.duck(-20, 0);
  expect(heard(volume)?.[0]).toBeCloseTo(0.1, 6);
  volume.duck(0, (2 * musicFrame) / musicPerMs);
  expect(heard(volume, false)).toBeUndefined();
  expect(volume.isPlain).toBe(false);
  expect(heard(volume, false)).toBeUndefined();
  expect(volume.isPlain).toBe(true);
});
