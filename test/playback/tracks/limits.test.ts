import { maxTrackSounds } from '#src/playback/tracks/named-tracks.ts';
import { Band, makeSteady } from './band.ts';

test('all tracks take 100 items together; one more is refused, and nothing is lost', async () => {
  const band = new Band();
  const items = Array.from({ length: maxTrackSounds }, (_, n) =>
    band.play(n % 2 === 0 ? 'main' : 'bg', makeSteady(1, 20)),
  );
  const full = { kind: 'full', limit: 100 };
  expect(band.enqueue('main', makeSteady(1, 20))).toEqual(full);
  expect(band.enqueue('more', makeSteady(1, 20))).toEqual(full);
  expect(band.enqueue('bg', makeSteady(1, 20), { isNext: true })).toEqual(full);
  await band.run(2500);
  for (const item of items) expect(band.endOf(item)).toEqual('completed');
});

test.each(['', ' ', 'a'.repeat(41), '..'])('a track cannot be called %j', (name) =>
  expect(new Band().enqueue(name, makeSteady(1, 20))).toEqual({
    kind: 'bad-name',
  }),
);

test.each(['a', 'a'.repeat(40), 'Café 9', '雨', 'नमस्ते', 'Straße', '💥', '@everyone'])(
  'a track can be called %s',
  (name) => {
    const band = new Band();
    const { tracks } = band;
    expect(band.enqueue(name, makeSteady(1, 20)).kind).toBe('playing');
    expect(tracks.findTrack(name.toUpperCase())).toBe(tracks.findTrack(name));
    expect(band.enqueue(name.toLowerCase(), makeSteady(1, 20)).kind).toBe('added');
    expect(tracks.listTracks().map((track) => track.name)).toEqual([name]);
  },
);

test('100 names are known; one more takes the place of one that is idle', async () => {
  const band = new Band();
  for (let n = 0; n < maxTrackSounds; n++)
    band.enqueue(`t${n}`, makeSteady(1, n === 3 ? 20 : 5000));
  await band.run(60);
  expect(band.enqueue('more', makeSteady(1, 20)).kind).toBe('playing');
  expect(band.tracks.findTrack('t3')).toBeUndefined();
  expect(band.tracks.listTracks()).toHaveLength(100);
});

test('a volume is kept between 0 and 200', () => {
  const band = new Band();
  const { tracks } = band;
  band.enqueue('main', makeSteady(1, 20));
  const volumes = [50, 250, -3, 70].map((percent) => {
    tracks.findTrack('main')?.perform({ kind: 'volume', percent });
    return tracks.findTrack('main')?.state.percent;
  });
  expect(volumes).toEqual([50, 200, 0, 70]);
});
