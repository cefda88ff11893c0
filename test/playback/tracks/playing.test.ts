import { expect, test } from 'vitest';
import { Band, ScriptedSource, steady } from './band.ts';

test('a track sounds as its source does, and is idle when that is over', async () => {
  const band = new Band();
  const added = band.tracks.enqueue('main', steady(1000, 200));
  expect(added.kind).toBe('playing');
  await band.run(100);
  expect(band.level).toBe(1000);
  await band.run(200);
  expect(band.level).toBe(0);
  expect(band.tracks.track('main')?.isIdle).toBe(true);
  if (added.kind === 'playing') expect(await added.item.ended).toEqual({ reason: 'completed' });
});

test('items of a queue sound one after the other, without a gap', async () => {
  const band = new Band();
  band.tracks.enqueue('main', steady(1000, 500));
  expect(band.tracks.enqueue('main', steady(2000, 500))).toMatchObject({
    kind: 'queued',
    place: 1,
  });
  expect(band.tracks.next('main', steady(3000, 510))).toMatchObject({ kind: 'queued', place: 1 });
  await band.run(1700);
  const sounding = band.heard.findIndex((sample) => sample !== 0);
  const last = band.heard.findLastIndex((sample) => sample !== 0);
  expect(last - sounding + 1).toBe(1510 * 48);
  const levels = [...new Set(band.frames.map((frame) => frame[960]))];
  expect(levels).toEqual([1000, 3000, 2000, 0]);
});

test('a paused track is silent and its source is not read', async () => {
  const band = new Band();
  const tap = new ScriptedSource();
  for (let n = 0; n < 200; n++) tap.give(1000, 20);
  band.tracks.enqueue('main', tap);
  await band.run(200);
  const main = band.tracks.track('main');
  main?.pause();
  await band.run(200);
  const { asked } = tap;
  await band.run(10_000);
  expect(tap.asked).toBe(asked);
  expect(band.level).toBe(0);
  main?.resume();
  await band.run(40);
  expect(band.level).toBe(1000);
});

test('stop ends what sounds and what waits', async () => {
  const band = new Band();
  band.tracks.enqueue('main', steady(1000, 5000));
  band.tracks.enqueue('main', steady(2000, 5000));
  await band.run(100);
  expect(band.tracks.track('main')?.stop()).toMatchObject({ kind: 'stopped', removed: 1 });
  await band.run(40);
  expect(band.level).toBe(0);
  expect(band.tracks.track('main')?.isIdle).toBe(true);
});

test('a lone track is as loud as its volume says', async () => {
  const band = new Band();
  band.tracks.enqueue('main', steady(1000, 5000));
  await band.run(100);
  for (const [percent, level] of [
    [50, 500],
    [0, 0],
    [150, 1500],
    [200, 2000],
    [300, 2000],
  ] as const) {
    band.tracks.track('main')?.volume(percent);
    await band.run(40);
    expect(band.level).toBeCloseTo(level, 0);
  }
});
