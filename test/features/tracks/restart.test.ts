import { toChannelId, toGuildId } from '#src/base/ids.ts';
import type { ListedTrack } from '#src/features/tracks/track-request-outcomes.ts';
import {
  adam,
  den,
  eva,
  openSessionFixture,
  passTime,
} from '#test/conversation/setup/session-fixture.ts';
import {
  ben,
  byAdam,
  byEva,
  changeTrack,
  listTitles,
  openSetup,
  playSound,
} from '#test/conversation/setup/tracks-fixture.ts';

test('queues, volumes, pauses, mutes and crossfades are there again in the next process, in the same channel only', async () => {
  const fixture = await openSetup();
  await playSound(fixture, byAdam, { track: 'bg', percent: 30, loop: true });
  const sound = 'https://sounds.example/song.mp3';
  await playSound(fixture, byEva, { track: 'bg', sound });
  await playSound(fixture, byEva, { sound: 'sea' });
  changeTrack(fixture, byEva, 'pause');
  changeTrack(fixture, byAdam, 'mute', 'bg');
  changeTrack(fixture, byEva, { kind: 'volume', percent: 50 }, 'cues');
  changeTrack(fixture, byAdam, { kind: 'crossfade', ms: 3_000 }, 'bg');
  await passTime(fixture, 1_000);
  const tracksBefore = fixture.tracks.listTracks(toGuildId('g'));
  await fixture.sessions[Symbol.asyncDispose]();
  const elsewhere = openSessionFixture({ trackStore: fixture.trackStore });
  await elsewhere.sessions.join(den, adam.id);
  await passTime(elsewhere, 200);
  expect(elsewhere.tracks.listTracks(toGuildId('g'))).toHaveLength(2);
  await elsewhere.sessions[Symbol.asyncDispose]();
  const next = await openSetup([adam, eva, ben], { trackStore: fixture.trackStore });
  const stripTimes = ({ waiting, ...view }: ListedTrack) => ({
    ...view,
    current: undefined,
    waiting: waiting.map(({ title }) => title),
  });
  const there = next.tracks.listTracks(toGuildId('g'))?.map(stripTimes);
  expect(there).toEqual(tracksBefore?.map(stripTimes));
  expect(there?.map(({ crossfadeMs }) => crossfadeMs)).toContain(3_000);
  expect(there?.map(({ isMuted }) => isMuted)).toEqual([false, true, false, false]);
  const placesOf = (views: typeof tracksBefore) =>
    views?.map(({ current }) => current?.positionMs ?? 0) ?? [];
  const [main, bg = 0] = placesOf(tracksBefore);
  const [mainThen, bgThen] = placesOf(next.tracks.listTracks(toGuildId('g')));
  expect(mainThen).toBe(main);
  expect(bg).toBeGreaterThan(900);
  expect(bgThen).toBeGreaterThanOrEqual(bg);
  expect(bgThen).toBeLessThan(bg + 300);
  expect(changeTrack(next, byEva, 'skip', 'bg')).toMatchObject([{ kind: 'skipped' }]);
});

test('a process that is killed forgets three seconds at most', async () => {
  const fixture = await openSetup();
  await playSound(fixture, byAdam);
  await passTime(fixture, 3_000);
  await playSound(fixture, byAdam, { sound: 'sea' });
  const { trackStore } = fixture;
  expect(
    (await trackStore.read(toGuildId('g'), toChannelId('lounge')))[0]?.sounds,
  ).toHaveLength(1);
  expect(listTitles(await openSetup([adam], { trackStore }))).toEqual(['rain']);
});

test('whoever calls the bot elsewhere first leaves what was kept for this channel as it was', async () => {
  const fixture = await openSetup();
  await playSound(fixture, byAdam);
  await fixture.sessions[Symbol.asyncDispose]();
  const { trackStore } = fixture;
  const elsewhere = openSessionFixture({ trackStore });
  await elsewhere.sessions.join(den, adam.id);
  await passTime(elsewhere, 4_000);
  await playSound(elsewhere, byAdam, { sound: 'sea' });
  const leaving = elsewhere.sessions.leave(toGuildId('g'));
  await passTime(elsewhere, 100);
  await leaving;
  expect(await trackStore.read(toGuildId('g'), toChannelId('lounge'))).toHaveLength(1);
  expect(await trackStore.read(toGuildId('g'), toChannelId('den'))).toEqual([]);
});
