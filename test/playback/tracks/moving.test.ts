import { waitUntilSettled } from '#test/fakes/virtual-clock.ts';
import { Band, dyingSamples, findStuck, makeSteady, ScriptedSource } from './band.ts';

test('a place behind the end is refused with the length, one within it is gone to', async () => {
  const band = new Band();
  const item = band.play('main', makeSteady(1000, 5000));
  const main = band.tracks.findTrack('main');
  await band.run(100);
  const seekTo = (ms: number) =>
    main?.perform({ kind: 'seek', to: { kind: 'at', ms } });
  expect(seekTo(5000)).toMatchObject({ kind: 'past-end', lengthMs: 5000 });
  expect(seekTo(4000)).toMatchObject({ kind: 'changed' });
  expect(main?.items[0]).toMatchObject({ positionMs: 4000 });
  await band.run(500);
  expect(item.positionMs).toBe(4500);
  expect(seekTo(-7)).toMatchObject({ kind: 'changed' });
  expect(item.positionMs).toBe(0);
  await band.run(5100);
  expect(band.endOf(item)).toEqual('completed');
  expect(seekTo(0)).toMatchObject({ kind: 'empty' });
});

test('an item that loops sounds without a gap until it is told to end', async () => {
  const band = new Band();
  const item = band.play('main', makeSteady(1000, 510), { isLooping: true });
  await band.run(3000);
  expect(band.heard.slice(240).every((sample) => sample === 1000)).toBe(true);
  expect(item.positionMs).toBeLessThan(510);
  const main = band.tracks.findTrack('main');
  expect(main?.perform({ kind: 'loop', on: false })).toMatchObject({ kind: 'changed' });
  await band.run(600);
  expect(band.endOf(item)).toEqual('completed');
  expect(band.heard.filter((sample) => sample !== 0)).toHaveLength(
    6 * 510 * 48 + dyingSamples,
  );
});

test('a loop of nothing ends, also where it is moved', async () => {
  const band = new Band();
  const none = { title: 'none', isSeekable: true, async *open() {} };
  const item = band.play('main', none, { isLooping: true, fromMs: 1_000 });
  await band.run(500);
  expect(band.endOf(item)).toBe('completed');
});

test('all tracks pause together, and a track that was paused before stays paused afterwards', async () => {
  const band = new Band();
  band.enqueue('a', makeSteady(1000, 5000));
  band.enqueue('b', makeSteady(500, 5000));
  await band.run(60);
  band.perform({ kind: 'pause' }, 'b');
  band.tracks.pause(true);
  await band.run(60);
  expect(band.level).toBe(0);
  band.enqueue('c', makeSteady(200, 5000));
  await band.run(60);
  expect(band.level).toBe(0);
  band.tracks.pause(false);
  await band.run(60);
  expect(band.level).toBe(1200);
});

test('skipping an item lets go of its source at once, even one that does not listen', async () => {
  const band = new Band();
  const [tap, deaf] = [new ScriptedSource(), findStuck(1000)];
  const items = [tap, deaf, deaf].map((source) => band.play('main', source));
  tap.give(1000, 500);
  await band.run(60);
  for (const item of items) {
    band.perform({ kind: 'skip' });
    expect(band.endOf(item)).toEqual('cancelled');
    await band.run(40);
  }
  await waitUntilSettled();
  expect(tap.closed).toBe(true);
  expect(band.tracks.findTrack('main')?.items[0]).toBeUndefined();
});
