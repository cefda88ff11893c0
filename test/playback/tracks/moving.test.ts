import { expect, test } from 'vitest';
import { settled } from '#test/fakes/clock.ts';
import { Band, itemOf, rate, ScriptedSource, steady, stuck } from './band.ts';

test('a place behind the end is refused with the length, one within it is gone to', async () => {
  const band = new Band();
  const item = itemOf(band.tracks.enqueue('main', steady(1000, 5000)));
  const main = band.tracks.track('main');
  await band.run(100);
  expect(main?.seek(5000)).toEqual({ kind: 'past-end', lengthMs: 5000 });
  expect(main?.seek(4000)).toEqual({ kind: 'sought', positionMs: 4000 });
  expect(main?.view.now).toMatchObject({ positionMs: 4000 });
  await band.run(500);
  expect(item.positionMs).toBe(4500);
  expect(main?.seek(-7)).toEqual({ kind: 'sought', positionMs: 0 });
  await band.run(5100);
  expect(await item.ended).toEqual({ reason: 'completed' });
  expect(main?.seek(0)).toEqual({ kind: 'idle' });
});

test('what comes only once can neither be sought nor looped', () => {
  const band = new Band();
  band.tracks.enqueue('main', new ScriptedSource());
  const main = band.tracks.track('main');
  expect(main?.seek(10)).toEqual({ kind: 'unseekable' });
  expect(main?.loop(true)).toEqual({ kind: 'unseekable' });
});

test('an item that loops sounds without a gap until it is told to end', async () => {
  const band = new Band();
  const item = itemOf(band.tracks.enqueue('main', steady(1000, 510), { isLooping: true }));
  await band.run(3000);
  expect(band.heard.slice(240).every((sample) => sample === 1000)).toBe(true);
  expect(item.positionMs).toBeLessThan(510);
  expect(band.tracks.track('main')?.loop(false)).toEqual({ kind: 'looping', on: false });
  await band.run(600);
  expect(await item.ended).toEqual({ reason: 'completed' });
  expect(band.heard.filter((sample) => sample !== 0)).toHaveLength(6 * 510 * 48);
});

test('a loop whose length nobody knew begins again where it is moved behind its end', async () => {
  const band = new Band();
  const { lengthMs: _, ...unmeasured } = steady(1000, 500);
  const item = itemOf(band.tracks.enqueue('main', unmeasured, { isLooping: true }));
  await band.run(200);
  expect(band.tracks.track('main')?.seek(9_000)).toMatchObject({ kind: 'sought' });
  await band.run(800);
  expect(band.heard.slice(-4_800).every((sample) => sample === 1000)).toBe(true);
  expect(item.positionMs).toBeLessThan(500);
});

test('a loop of nothing ends, also where it is moved', async () => {
  const band = new Band();
  const none = { title: 'none', seekable: true, async *open() {} };
  const item = itemOf(band.tracks.enqueue('main', none, { isLooping: true, fromMs: 1_000 }));
  await band.run(500);
  expect(await item.ended).toMatchObject({ reason: 'completed' });
});

test.each([300, 500])('an item of %i ms that is all read can still be made to loop', async (ms) => {
  const band = new Band();
  band.tracks.enqueue('main', steady(1000, ms));
  await band.run(ms - 200);
  band.tracks.track('main')?.loop(true);
  await band.run(3000);
  expect(band.heard.slice(240).every((sample) => sample === 1000)).toBe(true);
});

test('a loop of one sample does not open its source without end', async () => {
  const band = new Band();
  let opened = 0;
  const samples = Int16Array.of(1000, 1000);
  band.tracks.enqueue(
    'main',
    {
      title: 'tick',
      seekable: true,
      lengthMs: 1,
      async *open() {
        opened++;
        yield { kind: 'pcm', pcm: { samples, rateHz: rate, channels: 2 } };
      },
    },
    { isLooping: true },
  );
  await band.run(1000);
  expect(opened).toBeLessThan(40);
});

test('an item can begin in its middle', async () => {
  const band = new Band();
  const item = itemOf(band.tracks.enqueue('main', steady(1000, 5000), { fromMs: 4900 }));
  expect(item.positionMs).toBe(4900);
  await band.run(200);
  expect(await item.ended).toEqual({ reason: 'completed' });
});

test('all are paused together, and what was paused by itself stays so afterwards', async () => {
  const band = new Band();
  band.tracks.enqueue('a', steady(1000, 5000));
  band.tracks.enqueue('b', steady(500, 5000));
  await band.run(60);
  band.tracks.track('b')?.pause();
  band.tracks.pause();
  await band.run(60);
  expect(band.level).toBe(0);
  band.tracks.enqueue('c', steady(200, 5000));
  await band.run(60);
  expect(band.level).toBe(0);
  band.tracks.resume();
  await band.run(60);
  expect(band.level).toBe(1200);
});

test('a skip during a pause goes to the next item and stays silent', async () => {
  const band = new Band();
  band.tracks.enqueue('main', steady(1000, 5000));
  const second = itemOf(band.tracks.enqueue('main', steady(2000, 5000)));
  await band.run(60);
  const main = band.tracks.track('main');
  main?.pause();
  expect(main?.skip()).toMatchObject({ kind: 'skipped', next: second });
  await band.run(200);
  expect(band.level).toBe(0);
  main?.resume();
  await band.run(60);
  expect(band.level).toBe(2000);
});

test('a link that went away finds everything where it was', async () => {
  const band = new Band();
  const tap = new ScriptedSource();
  for (let n = 0; n < 500; n++) tap.give(1000, 20);
  const item = itemOf(band.tracks.enqueue('main', tap));
  await band.run(500);
  for (let n = 0; n < 10; n++) await band.clock.advance(10_000);
  expect(item.positionMs).toBe(500);
  await band.run(40);
  expect(band.level).toBe(1000);
});

test('skipping an item lets go of its source at once, even one that does not listen', async () => {
  const band = new Band();
  const [tap, deaf] = [new ScriptedSource(), stuck(1000)];
  const items = [tap, deaf, deaf].map((source) => itemOf(band.tracks.enqueue('main', source)));
  tap.give(1000, 500);
  await band.run(60);
  for (const item of items) {
    band.tracks.track('main')?.skip();
    expect(await item.ended).toEqual({ reason: 'skipped' });
    await band.run(40);
  }
  await settled();
  expect(tap.closed).toBe(true);
  expect(band.tracks.track('main')?.isIdle).toBe(true);
});
