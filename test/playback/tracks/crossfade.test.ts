import { Band, bandRateHz, dyingSamples, makeSteady } from './band.ts';

/** Plays levels of these lengths one after the other, with a crossfade. */
function openQueue(
  fadeMs: number,
  ...levels: readonly (readonly [level: number, ms: number])[]
) {
  const band = new Band();
  const items = levels.map(([level, ms]) => band.play('main', makeSteady(level, ms)));
  band.perform({ kind: 'crossfade', ms: fadeMs });
  return { band, items };
}

/** Samples from the first that sounds to the last, without the 5 ms in which that dies away. */
function cutSounding(band: Band) {
  const { heard } = band;
  const isSound = (sample: number) => sample !== 0;
  return heard.subarray(
    heard.findIndex(isSound),
    heard.findLastIndex(isSound) + 1 - dyingSamples,
  );
}

/** Largest step from one sample to the next. */
function largestStep(sound: Float32Array) {
  return sound.reduce(
    (most, sample, n) => Math.max(most, Math.abs(sample - (sound[n - 1] ?? 0))),
    0,
  );
}

test('a sound ends while the next one begins, with the same power throughout and without a step', async () => {
  const { band, items } = openQueue(1000, [3000, 3000], [4000, 3000]);
  await band.run(6000);
  const sound = cutSounding(band);
  expect(sound.length / bandRateHz).toBeCloseTo(5, 2);
  for (const share of [0.1, 0.5, 0.9]) {
    const at = sound.length - (3 - share) * bandRateHz;
    const angle = (share * Math.PI) / 2;
    const level = 3000 * Math.cos(angle) + 4000 * Math.sin(angle);
    expect(Math.abs((sound[Math.round(at)] ?? 0) - level)).toBeLessThan(10);
  }
  expect([sound[bandRateHz], sound[4 * bandRateHz]]).toEqual([3000, 4000]);
  expect(largestStep(sound)).toBeLessThan(30);
  for (const item of items) expect(band.endOf(item)).toEqual('completed');
});

test('a crossfade may be longer than is read ahead, and 0 ends it', async () => {
  const { band } = openQueue(10_000, [1000, 15_000], [1000, 15_000]);
  await band.run(19_000);
  expect(band.tracks.findTrack('main')?.items[0]?.positionMs).toBeCloseTo(14_000, -2);
  band.perform({ kind: 'crossfade', ms: 0 });
  band.enqueue('main', makeSteady(2000, 1000));
  await band.run(6000);
  expect(cutSounding(band).length / bandRateHz).toBeCloseTo(21, 2);
});

test('sounds shorter than the crossfade follow one another, each within the former', async () => {
  const { band, items } = openQueue(5000, [1000, 600], [1000, 300], [1000, 800]);
  await band.run(3000);
  expect(cutSounding(band).length / bandRateHz).toBeCloseTo(1.4, 1);
  for (const item of items) expect(band.endOf(item)).toEqual('completed');
});

test.each([
  ['skip', { kind: 'skip' }, 2000, 7],
  ['removal of the next sound', { kind: 'remove', item: '1' }, 1000, 6],
  ['seek', { kind: 'seek', to: { kind: 'at', ms: 4000 } }, 1000, 8],
] as const)(
  'a %s within a crossfade leaves one sound, without a click',
  async (_, command, level, seconds) => {
    const { band } = openQueue(2000, [1000, 6000], [2000, 3000]);
    await band.run(5000);
    expect(band.level).toBeGreaterThan(1500);
    band.perform(command);
    await band.run(40);
    expect(band.level).toBe(level);
    await band.run(6000);
    const sound = cutSounding(band);
    expect(largestStep(sound)).toBeLessThan(60);
    expect(sound.length / bandRateHz).toBeCloseTo(seconds, 1);
  },
);

test('a crossfade that was paused goes on where it was', async () => {
  const { band } = openQueue(2000, [1000, 6000], [2000, 3000]);
  await band.run(5000);
  const { level } = band;
  band.perform({ kind: 'pause' });
  await band.run(1000);
  expect(band.level).toBe(0);
  band.perform({ kind: 'resume' });
  await band.run(40);
  expect(Math.abs(band.level - level)).toBeLessThan(100);
  expect(largestStep(band.heard)).toBeLessThan(60);
});

test('a sound that is put next during a crossfade comes behind the sound that has begun', async () => {
  const { band } = openQueue(2000, [1000, 6000], [2000, 3000]);
  await band.run(5000);
  const added = band.enqueue('main', makeSteady(500, 1000), { isNext: true });
  expect(added).toMatchObject({ kind: 'added', place: 2 });
});
