import { expect, test } from 'vitest';
import { Band, steady } from './band.ts';

test('items of a queue sound one after the other, without a gap', async () => {
  const band = new Band();
  band.tracks.enqueue('main', steady(1000, 500));
  expect(band.tracks.enqueue('main', steady(2000, 500))).toMatchObject({
    kind: 'added',
    place: 1,
  });
  expect(band.tracks.enqueue('main', steady(3000, 510), { isNext: true })).toMatchObject({
    kind: 'added',
    place: 1,
  });
  await band.run(1700);
  const sounding = band.heard.findIndex((sample) => sample !== 0);
  const last = band.heard.findLastIndex((sample) => sample !== 0);
  expect(last - sounding + 1).toBe(1510 * 48);
  const levels = [...new Set(band.frames.map((frame) => frame[960]))];
  expect(levels).toEqual([1000, 3000, 2000, 0]);
});
