import { expect, test } from 'vitest';
import { Band, itemOf, rate, ScriptedSource, steady, stuck } from './band.ts';

test('a source that never gives a sound is given up after 8 s, and the next one plays', async () => {
  const band = new Band();
  const item = itemOf(band.tracks.enqueue('main', stuck()));
  band.tracks.enqueue('main', steady(1000, 500));
  await band.run(7900);
  expect(band.level).toBe(0);
  await band.run(300);
  expect(await item.ended).toEqual({ reason: 'stalled' });
  expect(band.level).toBe(1000);
});

test('a source that stops giving is given up after what it gave has sounded', async () => {
  const band = new Band();
  const item = itemOf(band.tracks.enqueue('main', stuck(...Array(30).fill(1000))));
  await band.run(8200);
  expect(await item.ended).toEqual({ reason: 'stalled' });
  expect(band.heard.filter((sample) => sample !== 0).length).toBe(600 * 48);
});

test('a source that gives empty pieces without end holds nothing up, and is given up too', async () => {
  const band = new Band();
  const samples = new Int16Array(0);
  const item = itemOf(
    band.tracks.enqueue('main', {
      title: 'void',
      seekable: false,
      async *open(_fromMs, signal) {
        for (;;) {
          await band.clock.sleep(100, signal);
          for (let n = 0; n < 500; n++) {
            yield { kind: 'pcm', pcm: { samples, rateHz: rate, channels: 2 } };
          }
        }
      },
    }),
  );
  for (let n = 0; n < 41; n++) await band.clock.advance(200);
  await band.run(40);
  expect(await item.ended).toEqual({ reason: 'stalled' });
});

test('a pause is no reason to give a source up', async () => {
  const band = new Band();
  const tap = new ScriptedSource();
  tap.give(1000, 500);
  const item = itemOf(band.tracks.enqueue('main', tap));
  await band.run(100);
  band.tracks.track('main')?.pause();
  await band.run(60_000);
  tap.give(1000, 2000);
  tap.end();
  band.tracks.track('main')?.resume();
  await band.run(2500);
  expect(await item.ended).toEqual({ reason: 'completed' });
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

test('a source is read 2 s ahead and no further', async () => {
  const band = new Band();
  const tap = new ScriptedSource();
  for (let n = 0; n < 500; n++) tap.give(1000, 20);
  band.tracks.enqueue('main', tap);
  for (let n = 0; n < 100; n++) await band.clock.advance(0);
  expect(tap.asked).toBe(100);
  await band.run(400);
  expect(tap.asked).toBe(100);
  await band.run(200);
  expect(tap.asked).toBeGreaterThan(120);
  expect(tap.asked).toBeLessThan(135);
});

test('of one huge piece only what is needed is turned into samples of ours', async () => {
  const band = new Band();
  const samples = new Int16Array(8000 * 600);
  const item = itemOf(
    band.tracks.enqueue('main', {
      title: 'huge',
      seekable: false,
      async *open() {
        yield { kind: 'pcm', pcm: { samples, rateHz: 8000, channels: 1 } };
      },
    }),
  );
  const before = process.memoryUsage().arrayBuffers;
  for (let n = 0; n < 200; n++) await band.clock.advance(0);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5_000_000);
  band.tracks.track('main')?.stop();
  expect(await item.ended).toEqual({ reason: 'stopped' });
});
