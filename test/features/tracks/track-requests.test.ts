import { expect, test } from 'vitest';
import type { TrackCaller } from '#src/features/tracks/track-outcomes.ts';
import { adam, eva, pass } from '#test/conversation/setup/session-fixture.ts';
import {
  ben,
  bot,
  byAdam,
  byBen,
  byEva,
  deckOf,
  manager,
  openSetup,
  play,
  seat,
  titles,
} from '#test/conversation/setup/tracks-fixture.ts';

test('a sound plays at once on an empty track, and waits behind what plays', async () => {
  const fixture = await openSetup();
  expect(await play(fixture, byAdam)).toEqual({ kind: 'playing', title: 'rain', track: 'main' });
  expect(await play(fixture, byEva, { sound: 'sea' })).toMatchObject({ kind: 'added', place: 1 });
  expect(await play(fixture, byEva, { sound: 'wind' })).toMatchObject({ kind: 'added', place: 2 });
  expect(await play(fixture, byEva, { next: true })).toMatchObject({ kind: 'added', place: 1 });
  expect(titles(fixture)).toEqual(['rain', 'rain', 'sea', 'wind']);
  expect(fixture.tracks.steer('g', byAdam, 'skip', 'MAIN')).toEqual([
    { kind: 'skipped', track: 'main', title: 'rain', next: 'rain' },
  ]);
});

test.each([
  ['', 'bad-name'],
  ['x'.repeat(41), 'bad-name'],
  ['..', 'bad-name'],
  ['voice', 'reserved'],
  ['Cues', 'reserved'],
  ['all', 'reserved'],
])('nothing is played on a track called %j', async (track, kind) => {
  const fixture = await openSetup();
  expect(await play(fixture, byAdam, { track })).toMatchObject({ kind });
});

test.each([['a'], ['x'.repeat(40)], ['Rainy Day!'], ['дождь'], ['雨の音'], ['🎸 & 🥁']])(
  'a track may be called %j',
  async (track) => {
    const fixture = await openSetup();
    expect(await play(fixture, byAdam, { track })).toMatchObject({ kind: 'playing', track });
  },
);

test('a track is called as the first person wrote it, in whatever case the others write it', async () => {
  const fixture = await openSetup();
  await play(fixture, byAdam, { track: '  Rainy   Straße ' });
  const track = 'Rainy Straße';
  expect(await play(fixture, byAdam, { sound: 'sea', track: 'RAINY STRASSE' })).toEqual({
    kind: 'added',
    title: 'sea',
    track,
    place: 1,
  });
  const [first] = fixture.tracks.steer('g', byEva, 'skip', 'rainy straße');
  const [second] = fixture.tracks.steer('g', byBen, 'skip', 'Rainy STRASSE');
  expect([first, second]).toMatchObject([
    { kind: 'denied', track, votes: 1 },
    { kind: 'skipped', track },
  ]);
  const fade = { kind: 'fade', percent: 30, overMs: 0 } as const;
  expect(fixture.tracks.change('g', byAdam, fade, 'rainy strasse')).toMatchObject({ track });
  expect(titles(fixture, track)).toEqual(['sea']);
  expect(fixture.tracks.list('g')?.map(({ name }) => name)).toEqual([track, 'voice', 'cues']);
});

test('the usual track is first also where it was written with a capital', async () => {
  const fixture = await openSetup();
  await play(fixture, byAdam, { track: 'bg' });
  await play(fixture, byAdam, { track: 'Main' });
  expect(fixture.tracks.list('g')?.[0]?.name).toBe('Main');
  const [skipped] = fixture.tracks.steer('g', byAdam, 'skip', 'main');
  expect(skipped).toMatchObject({ kind: 'skipped', track: 'Main' });
});

test('the 51st sound of a track is refused, and no other track feels it', async () => {
  const fixture = await openSetup();
  for (let n = 0; n < 50; n++) await play(fixture, byAdam);
  expect(await play(fixture, byAdam)).toEqual({ kind: 'full', track: 'main', limit: 50 });
  expect(await play(fixture, byAdam, { track: 'bg' })).toMatchObject({ kind: 'playing' });
  expect(titles(fixture)).toHaveLength(50);
});

test('what cannot be played is told with its reason, and changes nothing', async () => {
  const fixture = await openSetup();
  const bad = (id: string) => ({ kind: 'bad', reason: { id } });
  for (const sound of ['http://127.0.0.1/x.mp3', 'file:///etc/passwd']) {
    expect(await play(fixture, byAdam, { sound })).toEqual(bad('track.bad.not_allowed'));
  }
  expect(await play(fixture, byAdam, { sound: 'ran' })).toEqual({
    kind: 'no-sound',
    sound: 'ran',
    closest: ['rain'],
  });
  expect(await play(fixture, byAdam, { sound: '../../etc/passwd' })).toMatchObject({
    kind: 'no-sound',
    closest: [],
  });
  expect(fixture.tracks.list('g')?.map(({ name }) => name)).toEqual(['voice', 'cues']);
});

test('what was played of late is suggested behind what lies here, and can be had again by its title', async () => {
  const fixture = await openSetup();
  const url = 'https://sounds.example/a-song.mp3';
  await play(fixture, byAdam, { sound: { url, name: 'A Song.mp3' } });
  expect(await fixture.tracks.sounds('g')).toEqual(['rain', 'sea', 'wind', 'A Song']);
  expect(await play(fixture, byEva, { sound: 'a song' })).toMatchObject({ title: 'A Song' });
  expect(await fixture.tracks.sounds('h')).toEqual(['rain', 'sea', 'wind']);
});

test('whoever played it may change it; others vote, and more than half of those there carry it', async () => {
  const fixture = await openSetup([adam, eva, ben, bot]);
  await play(fixture, byAdam);
  const denied = {
    kind: 'denied',
    track: 'main',
    owner: 'Adam',
    votes: 1,
    needed: 2,
    pollId: expect.any(String),
  };
  expect(fixture.tracks.steer('g', byEva, 'skip', 'main')).toEqual([denied]);
  const [again] = fixture.tracks.steer('g', byEva, 'skip', 'main');
  expect(again).toEqual(denied);
  const pollId = again?.kind === 'denied' ? again.pollId : '';
  expect(fixture.tracks.vote('g', 'stranger', pollId)).toMatchObject([
    { kind: 'denied', votes: 1 },
  ]);
  expect(fixture.tracks.vote('g', 'ben', pollId)).toMatchObject([{ kind: 'skipped' }]);
  expect(fixture.tracks.vote('g', 'ben', pollId)).toEqual([{ kind: 'over' }]);
  await play(fixture, byAdam);
  expect(fixture.tracks.steer('g', byAdam, 'stop', 'main')).toEqual([
    { kind: 'stopped', track: 'main', removed: 0 },
  ]);
});

test.each(['pause', 'resume', 'skip', 'stop'] as const)(
  '%s needs the right or votes',
  async (action) => {
    const fixture = await openSetup();
    await play(fixture, byAdam);
    expect(fixture.tracks.steer('g', byEva, action, 'main')).toMatchObject([{ kind: 'denied' }]);
    expect(fixture.tracks.steer('g', byBen, action, 'main')).not.toMatchObject([
      { kind: 'denied' },
    ]);
  },
);

test('a vote for one thing is none for another, nor for the sound after it', async () => {
  const fixture = await openSetup();
  await play(fixture, byAdam);
  await play(fixture, byAdam, { sound: 'sea' });
  const [first] = fixture.tracks.steer('g', byEva, 'skip', 'main');
  expect(fixture.tracks.change('g', byBen, { kind: 'volume', percent: 50 }, 'main')).toMatchObject({
    kind: 'denied',
    votes: 1,
  });
  fixture.tracks.steer('g', byAdam, 'skip', 'main');
  const pollId = first?.kind === 'denied' ? first.pollId : '';
  expect(fixture.tracks.vote('g', 'ben', pollId)).toEqual([{ kind: 'over' }]);
  expect(fixture.tracks.steer('g', byBen, 'skip', 'main')).toMatchObject([{ votes: 1 }]);
});

test('who has left does not count, neither as a voter nor as one of those there', async () => {
  const fixture = await openSetup();
  await play(fixture, byAdam);
  fixture.tracks.steer('g', byEva, 'skip', 'main');
  seat(fixture, [adam, ben]);
  expect(fixture.tracks.steer('g', byBen, 'skip', 'main')).toMatchObject([
    { kind: 'denied', votes: 1, needed: 2 },
  ]);
});

test('a DJ, whoever manages the server, and whoever is alone with the bot may change everything', async () => {
  const dj = { ...eva, roleIds: ['100000000000000001'] };
  const fixture = await openSetup([adam, dj, ben]);
  const skip = (caller: TrackCaller) => fixture.tracks.steer('g', caller, 'skip', 'main');
  await play(fixture, byAdam);
  expect(skip(byEva)).toMatchObject([{ kind: 'denied' }]);
  await fixture.settings.set('g', 'dj_role', '<@&100000000000000001>');
  expect(skip(byEva)).toMatchObject([{ kind: 'skipped' }]);
  await fixture.settings.set('g', 'dj_role', 'none');
  await play(fixture, byAdam);
  expect(skip(byEva)).toMatchObject([{ kind: 'denied' }]);
  expect(skip(manager)).toMatchObject([{ kind: 'skipped' }]);
  await play(fixture, byAdam);
  seat(fixture, [ben]);
  expect(skip(byBen)).toMatchObject([{ kind: 'skipped' }]);
});

test('all is every track that holds something: one’s own are done, the others are put to the vote', async () => {
  const fixture = await openSetup();
  expect(fixture.tracks.steer('g', byAdam, 'pause', 'all')).toEqual([{ kind: 'silent' }]);
  await play(fixture, byAdam);
  await play(fixture, byEva, { track: 'bg' });
  expect(fixture.tracks.steer('g', byAdam, 'pause', 'all')).toMatchObject([
    { kind: 'paused', track: 'main' },
    { kind: 'denied', owner: 'Eva' },
  ]);
});

test('a track nobody ever used is unknown, but main is only empty', async () => {
  const fixture = await openSetup();
  expect(fixture.tracks.steer('g', byAdam, 'skip', 'bg')).toEqual([{ kind: 'silent' }]);
  expect(fixture.tracks.change('g', byAdam, { kind: 'volume', percent: 50 }, 'bg')).toEqual({
    kind: 'unknown',
    track: 'bg',
    names: ['voice', 'cues'],
  });
  await play(fixture, byAdam, { track: 'sea' });
  expect(fixture.tracks.steer('g', byAdam, 'skip', 'bg')).toEqual([
    { kind: 'unknown', track: 'bg', names: ['sea'] },
  ]);
  expect(fixture.tracks.steer('g', byAdam, 'skip', 'main')).toEqual([
    { kind: 'empty', track: 'main' },
  ]);
  expect(fixture.tracks.steer('g', byAdam, 'skip', 'cues')).toMatchObject([{ kind: 'reserved' }]);
});

test('a volume is of its track, also with a sound that comes; that of somebody else’s track stays', async () => {
  const fixture = await openSetup();
  await play(fixture, byAdam, { percent: 30 });
  expect(fixture.tracks.list('g')?.[0]).toMatchObject({ name: 'main', percent: 30 });
  expect(await play(fixture, byEva, { percent: 90 })).toMatchObject({
    kind: 'added',
    kept: { owner: 'Adam', percent: 30 },
  });
  expect(
    fixture.tracks.change('g', byAdam, { kind: 'volume', percent: 200 }, 'main'),
  ).toMatchObject({
    kind: 'volume',
    percent: 200,
  });
  expect(fixture.tracks.change('g', byEva, { kind: 'volume', percent: 40 }, 'voice')).toEqual({
    kind: 'volume',
    track: 'voice',
    percent: 40,
  });
  expect(fixture.tracks.list('g')?.map(({ name, percent }) => [name, percent])).toEqual([
    ...[
      ['main', 200],
      ['voice', 40],
      ['cues', 100],
    ],
  ]);
});

test('while nobody is there nothing is read, and all goes on when somebody comes', async () => {
  const fixture = await openSetup();
  await play(fixture, byAdam);
  seat(fixture, [bot]);
  await pass(fixture, 300);
  expect(deckOf(fixture).tracks.isPaused).toBe(true);
  seat(fixture, [bot, eva]);
  await pass(fixture, 300);
  expect(deckOf(fixture).tracks.isPaused).toBe(false);
});

test('a store in trouble keeps nobody from playing', async () => {
  const fixture = await openSetup();
  fixture.trackStore.trouble = 'unwritable';
  await play(fixture, byAdam);
  await pass(fixture, 4_000);
  expect(titles(fixture)).toEqual(['rain']);
  expect(fixture.of('failed')).toMatchObject([{ code: 'store.unwritable' }]);
});

test('whose a sound was is forgotten with the person', async () => {
  const fixture = await openSetup();
  await play(fixture, byAdam);
  await fixture.privacy.forget('g', 'adam');
  expect(fixture.tracks.list('g')?.[0]?.current).not.toHaveProperty('owner');
  expect(fixture.tracks.steer('g', byEva, 'skip', 'main')).toMatchObject([{ kind: 'skipped' }]);
});

test('who is forgotten while their sound is fetched is not named by it', async () => {
  const fixture = await openSetup();
  const fetching = play(fixture, byAdam);
  await fixture.privacy.forget('g', 'adam');
  expect(await fetching).toMatchObject({ kind: 'playing' });
  expect(fixture.tracks.list('g')?.[0]?.current).not.toHaveProperty('owner');
});

test('the panel shows what plays, and is not redrawn with every second of it', async () => {
  const fixture = await openSetup();
  await play(fixture, byAdam, { track: 'bg', percent: 30 });
  await pass(fixture, 6_000);
  const shown = fixture.faces.flatMap(({ tracks = [] }) => tracks);
  expect(shown[0]).toMatchObject({ name: 'bg', title: 'rain', percent: 30, lengthMs: 10_000 });
  expect(new Set(shown.map(({ positionMs }) => positionMs))).toEqual(new Set([0, 5_000]));
  await pass(fixture, 6_000);
  expect(fixture.faces.at(-1)).not.toHaveProperty('tracks');
});

test('while a moderator has muted the bot nothing is put on a track that nobody could hear', async () => {
  const fixture = await openSetup();
  fixture.sessions.news('g', { kind: 'muted', on: true });
  expect(await play(fixture, byAdam)).toEqual({ kind: 'muted' });
  fixture.sessions.news('g', { kind: 'muted', on: false });
  expect(await play(fixture, byAdam)).toMatchObject({ kind: 'playing' });
});

test('one server looks for four sounds at once, and no more', async () => {
  const fixture = await openSetup();
  const all = await Promise.all(
    [1, 2, 3, 4, 5].map((n) => play(fixture, byAdam, { sound: `https://sounds.example/${n}` })),
  );
  expect(all.map(({ kind }) => kind)).toEqual(['playing', 'added', 'added', 'added', 'bad']);
  expect(await play(fixture, byAdam)).toMatchObject({ kind: 'added' });
});
