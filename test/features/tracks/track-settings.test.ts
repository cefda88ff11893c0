import { expect, test } from 'vitest';
import type { SeekTarget, TrackCaller, TrackSetting } from '#src/features/tracks/track-outcomes.ts';
import { adam, eva, pass, type SessionFixture } from '#test/conversation/setup/session-fixture.ts';
import {
  ben,
  byAdam,
  byBen,
  byEva,
  deckOf,
  openSetup,
  play,
  titles,
} from '#test/conversation/setup/tracks-fixture.ts';

const live = 'https://sounds.example/live/radio.mp3';
const nineSeconds = { kind: 'at', ms: 9_000 } as const;

function change(fixture: SessionFixture, setting: TrackSetting, by: TrackCaller = byAdam) {
  return fixture.tracks.change('g', by, setting, 'main');
}

function seek(fixture: SessionFixture, kind: SeekTarget['kind'], ms: number) {
  return change(fixture, { kind: 'seek', to: { kind, ms } });
}

function first({ tracks }: SessionFixture) {
  return tracks.list('g')?.[0];
}

test('a sound goes on at another place, told in the list and from where it was', async () => {
  const fixture = await openSetup();
  await play(fixture, byAdam);
  expect(seek(fixture, 'at', 4_000)).toEqual({
    kind: 'sought',
    track: 'main',
    title: 'rain',
    positionMs: 4_000,
    lengthMs: 10_000,
  });
  expect(first(fixture)?.current?.positionMs).toBe(4_000);
  expect(seek(fixture, 'by', 2_500)).toMatchObject({ kind: 'sought', positionMs: 6_500 });
  expect(seek(fixture, 'by', -60_000)).toMatchObject({ kind: 'sought', positionMs: 0 });
  expect(seek(fixture, 'at', 10_000)).toMatchObject({ kind: 'past-end', lengthMs: 10_000 });
  expect(seek(fixture, 'by', 10_000)).toMatchObject({ kind: 'past-end' });
  expect(first(fixture)?.current?.positionMs).toBe(0);
});

test('a looped sound that is moved goes on from there, and comes again from its start', async () => {
  const fixture = await openSetup();
  await play(fixture, byAdam, { loop: true });
  seek(fixture, 'at', 9_000);
  await pass(fixture, 500);
  expect(first(fixture)?.current).toMatchObject({ loop: true });
  expect(first(fixture)?.current?.positionMs).toBeGreaterThan(9_000);
  await pass(fixture, 1_500);
  expect(first(fixture)?.current?.positionMs).toBeLessThan(1_500);
});

test('what comes live has no other place, and does not come again', async () => {
  const fixture = await openSetup();
  await play(fixture, byAdam, { sound: live });
  const refused = { kind: 'unseekable', track: 'main', title: 'radio' };
  expect(seek(fixture, 'at', 1_000)).toEqual(refused);
  expect(change(fixture, { kind: 'loop', on: true })).toEqual(refused);
});

test('a loop is begun and ended while the sound plays', async () => {
  const fixture = await openSetup();
  await play(fixture, byAdam);
  expect(change(fixture, { kind: 'loop', on: true })).toMatchObject({ kind: 'looping' });
  expect(first(fixture)?.current?.loop).toBe(true);
  await pass(fixture, 12_000);
  expect(titles(fixture)).toEqual(['rain']);
  expect(change(fixture, { kind: 'loop', on: false })).toMatchObject({ kind: 'unlooped' });
  await pass(fixture, 10_000);
  expect(first(fixture)?.current).toBeUndefined();
});

test('a fade is told with where it leads, and a muted track says so until it is heard again', async () => {
  const fixture = await openSetup();
  await play(fixture, byAdam);
  const fade = { kind: 'fade', percent: 20, overMs: 5_000 } as const;
  expect(change(fixture, fade)).toEqual({ ...fade, kind: 'fading', track: 'main' });
  expect(first(fixture)?.percent).toBe(20);
  expect(fixture.tracks.steer('g', byAdam, 'mute', 'all')).toEqual([
    { kind: 'muted', track: 'main' },
  ]);
  expect(first(fixture)).toMatchObject({ isMuted: true, percent: 20 });
  const before = first(fixture)?.current?.positionMs ?? 0;
  await pass(fixture, 1_000);
  expect(first(fixture)?.current?.positionMs).toBeGreaterThan(before);
  fixture.tracks.steer('g', byAdam, 'unmute', 'main');
  expect(first(fixture)).toMatchObject({ isMuted: false, percent: 20 });
});

test('a sound that waits is removed by its place, its title, or both, and nothing else is touched', async () => {
  const fixture = await openSetup();
  for (const sound of ['rain', 'sea', 'wind', 'sea', 'rain'])
    await play(fixture, byAdam, { sound });
  const remove = (item: string) => change(fixture, { kind: 'remove', item });
  expect(remove('2')).toEqual({ kind: 'removed', track: 'main', title: 'wind' });
  expect(titles(fixture)).toEqual(['rain', 'sea', 'sea', 'rain']);
  fixture.tracks.steer('g', byAdam, 'skip', 'main');
  // `3. rain` was read before the track went on.
  expect(remove('3. rain')).toMatchObject({ kind: 'removed', title: 'rain' });
  expect(remove('SEA')).toMatchObject({ kind: 'removed', title: 'sea' });
  expect(titles(fixture)).toEqual(['sea']);
  for (const item of ['1', '0', 'sea', 'nothing', '7. sea']) {
    expect(remove(item)).toEqual({ kind: 'no-item', track: 'main', item });
  }
});

test.each<[string, TrackSetting]>([
  ['seek', { kind: 'seek', to: nineSeconds }],
  ['fade', { kind: 'fade', percent: 10, overMs: 1_000 }],
  ['loop', { kind: 'loop', on: true }],
  ['remove', { kind: 'remove', item: '1' }],
])(
  '%s of somebody else’s sound needs a DJ or more than half of those there',
  async (_, setting) => {
    const fixture = await openSetup([adam, eva, ben]);
    await play(fixture, byAdam);
    await play(fixture, byAdam, { sound: 'sea' });
    const before = fixture.tracks.list('g');
    expect(change(fixture, setting, byEva)).toMatchObject({
      kind: 'denied',
      owner: 'Adam',
      votes: 1,
    });
    expect(fixture.tracks.list('g')).toEqual(before);
    expect(change(fixture, setting, byBen)).not.toMatchObject({ kind: 'denied' });
    expect(change(fixture, setting, { ...byEva, mayManage: true })).not.toMatchObject({
      kind: 'denied',
    });
  },
);

test('only the owner of a sound that waits may remove it from between those of others', async () => {
  const fixture = await openSetup();
  await play(fixture, byAdam);
  await play(fixture, byEva, { sound: 'sea' });
  const item = { kind: 'remove', item: 'sea' } as const;
  expect(change(fixture, item, byBen)).toMatchObject({ kind: 'denied', owner: 'Eva' });
  expect(change(fixture, item, byEva)).toMatchObject({ kind: 'removed', title: 'sea' });
});

test('a vote to remove a sound is over once it plays', async () => {
  const fixture = await openSetup();
  await play(fixture, byAdam);
  await play(fixture, byAdam, { sound: 'sea' });
  const voted = change(fixture, { kind: 'remove', item: 'sea' }, byEva);
  const pollId = voted.kind === 'denied' ? voted.pollId : '';
  fixture.tracks.steer('g', byAdam, 'skip', 'main');
  expect(fixture.tracks.vote('g', 'ben', pollId)).toEqual([{ kind: 'over' }]);
  expect(titles(fixture)).toEqual(['sea']);
});

test('the bot’s own tracks take a volume and nothing else', async () => {
  const fixture = await openSetup();
  const settings: readonly TrackSetting[] = [
    { kind: 'seek', to: nineSeconds },
    { kind: 'fade', percent: 10, overMs: 1_000 },
    { kind: 'loop', on: true },
  ];
  for (const setting of settings) {
    expect(fixture.tracks.change('g', byAdam, setting, 'cues')).toMatchObject({ kind: 'reserved' });
  }
});

test('a place that was moved to is there again after a restart', async () => {
  const fixture = await openSetup();
  await play(fixture, byAdam);
  fixture.tracks.steer('g', byAdam, 'pause', 'main');
  seek(fixture, 'at', 7_000);
  await pass(fixture, 4_000);
  const kept = await fixture.trackStore.read('g', 'lounge');
  expect(kept[0]?.sounds[0]?.positionMs).toBe(7_000);
  expect(deckOf(fixture).kept).toEqual(kept);
});
