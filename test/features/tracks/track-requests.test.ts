import type { TrackCaller } from '#src/features/tracks/track-request-outcomes.ts';
import { adam, eva, passTime } from '#test/conversation/setup/session-fixture.ts';
import {
  ben,
  bot,
  byAdam,
  byBen,
  byEva,
  changeTrack,
  listTitles,
  manager,
  openSetup,
  playSound,
  seatPeople,
} from '#test/conversation/setup/tracks-fixture.ts';

test('a sound plays at once on an empty track, and waits behind what plays', async () => {
  const fixture = await openSetup();
  for (const [request, kind, place] of [
    [{}, 'playing', 0],
    [{ sound: 'sea' }, 'added', 1],
    [{ sound: 'wind' }, 'added', 2],
    [{ next: true }, 'added', 1],
  ] as const)
    expect(await playSound(fixture, byAdam, request)).toMatchObject({ kind, place });
  expect(listTitles(fixture)).toEqual(['rain', 'rain', 'sea', 'wind']);
  expect(changeTrack(fixture, byAdam, 'skip', 'MAIN')).toEqual([
    { kind: 'skipped', track: 'main', title: 'rain' },
  ]);
});

test('a sound that cannot be played is refused with its reason, and changes nothing', async () => {
  const fixture = await openSetup();
  const names = expect.arrayContaining(['rain']);
  for (const [sound, outcome] of [
    [
      'http://127.0.0.1/x.mp3',
      { kind: 'bad', reason: { id: 'track.bad.not_allowed' } },
    ],
    ['file:///etc/passwd', { kind: 'bad', reason: { id: 'track.bad.not_allowed' } }],
    ['ran', { kind: 'no-sound', name: 'ran', names }],
    ['../../etc/passwd', { kind: 'no-sound', names }],
  ] as const)
    expect(await playSound(fixture, byAdam, { sound })).toMatchObject(outcome);
  expect(fixture.tracks.listTracks('g')).toMatchObject([
    { name: 'voice' },
    { name: 'cues' },
  ]);
});

test('whoever played it may change it; others vote to skip, and more than half of those there carry it', async () => {
  const fixture = await openSetup([adam, eva, ben, bot]);
  await playSound(fixture, byAdam);
  const skip = (by: TrackCaller) => changeTrack(fixture, by, 'skip');
  const denied = {
    kind: 'denied',
    track: 'main',
    owner: 'Adam',
    vote: { votes: 1, needed: 2 },
  };
  expect(skip(byEva)).toEqual([denied]);
  expect(skip(byEva)).toEqual([denied]);
  expect(skip({ ...byEva, id: 'stranger' })).toEqual([denied]);
  const { vote: _, ...stays } = denied;
  expect(changeTrack(fixture, byEva, 'stop')).toEqual([stays]);
  expect(skip(byBen)).toMatchObject([{ kind: 'skipped' }]);
  await playSound(fixture, byAdam);
  expect(skip(byEva)).toEqual([denied]); // a vote counts for its sound alone
  expect(changeTrack(fixture, byAdam, 'stop')).toEqual([
    { kind: 'changed', change: 'stop', track: 'main', title: 'rain' },
  ]);
});

test('a DJ, whoever manages the server, and whoever is alone with the bot may change everything', async () => {
  const dj = { ...eva, roleIds: ['100000000000000001'] };
  const fixture = await openSetup([adam, dj, ben]);
  const skip = (caller: TrackCaller) => changeTrack(fixture, caller, 'skip');
  await playSound(fixture, byAdam);
  expect(skip(byEva)).toMatchObject([{ kind: 'denied' }]);
  await fixture.settings.setSetting('g', 'dj_role', '<@&100000000000000001>');
  expect(skip(byEva)).toMatchObject([{ kind: 'skipped' }]);
  await fixture.settings.setSetting('g', 'dj_role', 'none');
  await playSound(fixture, byAdam);
  expect(skip(byEva)).toMatchObject([{ kind: 'denied' }]);
  expect(skip(manager)).toMatchObject([{ kind: 'skipped' }]);
  await playSound(fixture, byAdam);
  seatPeople(fixture, [ben]);
  expect(skip(byBen)).toMatchObject([{ kind: 'skipped' }]);
});

test('a store in trouble keeps nobody from playing', async () => {
  const fixture = await openSetup();
  fixture.trackStore.trouble = 'unwritable';
  await playSound(fixture, byAdam);
  await passTime(fixture, 4_000);
  expect(listTitles(fixture)).toEqual(['rain']);
  expect(fixture.of('failed')).toMatchObject([{ code: 'store.unwritable' }]);
});

test('forgetting a person removes their name from their sounds', async () => {
  const fixture = await openSetup();
  await playSound(fixture, byAdam);
  await fixture.privacy.forget('g', 'adam');
  expect(fixture.tracks.listTracks('g')?.[0]?.current).not.toHaveProperty('owner');
  expect(changeTrack(fixture, byEva, 'skip')).toMatchObject([{ kind: 'skipped' }]);
});

test('a person who is forgotten while their sound is fetched is not named by it', async () => {
  const fixture = await openSetup();
  const fetching = playSound(fixture, byAdam);
  await fixture.privacy.forget('g', 'adam');
  expect(await fetching).toMatchObject({ kind: 'playing' });
  expect(fixture.tracks.listTracks('g')?.[0]?.current).not.toHaveProperty('owner');
});

test('a server looks for four sounds at once at most', async () => {
  const fixture = await openSetup();
  const all = await Promise.all(
    [1, 2, 3, 4, 5].map((n) =>
      playSound(fixture, byAdam, { sound: `https://sounds.example/${n}` }),
    ),
  );
  const kinds = ['playing', 'added', 'added', 'added', 'bad'];
  expect(all.map(({ kind }) => kind)).toEqual(kinds);
  expect(await playSound(fixture, byAdam)).toMatchObject({ kind: 'added' });
});
