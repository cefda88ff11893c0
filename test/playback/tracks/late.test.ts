import { expect, test } from 'vitest';
import { Band, itemOf, ScriptedSource, stuck } from './band.ts';

test('a source that stops giving is given up after what it gave has sounded', async () => {
  const band = new Band();
  const item = itemOf(band.tracks.enqueue('main', stuck(...Array(30).fill(1000))));
  await band.run(8200);
  expect(await item.ended).toMatchObject({
    reason: 'failed',
    error: { code: 'source.unreachable' },
  });
  expect(band.heard.filter((sample) => sample !== 0).length).toBe(600 * 48);
});

test('sound that comes late is a gap, told as such, and never the end of its item', async () => {
  const band = new Band();
  const tap = new ScriptedSource();
  tap.give(1000, 500);
  const item = itemOf(band.tracks.enqueue('main', tap));
  await band.run(1000);
  expect(band.level).toBe(0);
  tap.give(1000, 300);
  await band.run(100);
  expect(band.level).toBe(0);
  tap.give(1000, 200);
  await band.run(100);
  expect(band.level).toBe(1000);
  tap.end();
  await band.run(1000);
  expect(await item.ended).toEqual({ reason: 'completed' });
});
