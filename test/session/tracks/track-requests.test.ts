import { expect, test } from 'vitest';
import type { TrackCaller } from '#src/session/ports/tracks.ts';
import { adam, eva, pass } from '#test/session/setup/session-fixture.ts';
import {
  ben,
  bot,
  byAdam,
  byBen,
  byEva,
  deckOf,
  manager,
  openRoom,
  play,
  seat,
  titles,
} from '#test/session/setup/tracks-fixture.ts';

test('a sound plays at once on an empty track, and waits behind what plays', async () => {
  const house = await openRoom();
  expect(await play(house, byAdam)).toEqual({ kind: 'playing', title: 'rain', track: 'main' });
  expect(await play(house, byEva, { sound: 'sea' })).toMatchObject({ kind: 'added', place: 1 });
  expect(await play(house, byEva, { sound: 'wind' })).toMatchObject({ kind: 'added', place: 2 });
  expect(await play(house, byEva, { next: true })).toMatchObject({ kind: 'added', place: 1 });
  expect(titles(house)).toEqual(['rain', 'rain', 'sea', 'wind']);
  expect(house.tracks.steer('g', byAdam, 'skip', 'MAIN')).toEqual([
    { kind: 'skipped', track: 'main', title: 'rain', next: 'rain' },
  ]);
});

test.each([
  ['', 'bad-name'],
  ['x'.repeat(25), 'bad-name'],
  ['two words', 'bad-name'],
  ['rain!', 'bad-name'],
  ['voice', 'reserved'],
  ['Cues', 'reserved'],
  ['all', 'reserved'],
])('nothing is played on a track called %j', async (track, kind) => {
  const house = await openRoom();
  expect(await play(house, byAdam, { track })).toMatchObject({ kind });
});

test.each([['a'], ['x'.repeat(24)], ['Regen-2'], ['дождь'], ['雨']])(
  'a track may be called %j',
  async (track) => {
    const house = await openRoom();
    expect(await play(house, byAdam, { track })).toMatchObject({ kind: 'playing' });
  },
);

test('the 51st sound of a track is refused, and no other track feels it', async () => {
  const house = await openRoom();
  for (let n = 0; n < 50; n++) await play(house, byAdam);
  expect(await play(house, byAdam)).toEqual({ kind: 'full', track: 'main', limit: 50 });
  expect(await play(house, byAdam, { track: 'bg' })).toMatchObject({ kind: 'playing' });
  expect(titles(house)).toHaveLength(50);
});

test('what cannot be played is told with its reason, and changes nothing', async () => {
  const house = await openRoom();
  const bad = (id: string) => ({ kind: 'bad', reason: { id } });
  for (const sound of ['http://127.0.0.1/x.mp3', 'file:///etc/passwd']) {
    expect(await play(house, byAdam, { sound })).toEqual(bad('track.bad.not_allowed'));
  }
  expect(await play(house, byAdam, { sound: 'ran' })).toEqual({
    kind: 'no-sound',
    sound: 'ran',
    closest: ['rain'],
  });
  expect(await play(house, byAdam, { sound: '../../etc/passwd' })).toMatchObject({
    kind: 'no-sound',
    closest: [],
  });
  expect(house.tracks.list('g')?.map(({ name }) => name)).toEqual(['voice', 'cues']);
});

test('what was played of late is suggested behind what lies here, and can be had again by its title', async () => {
  const house = await openRoom();
  const url = 'https://sounds.example/a-song.mp3';
  await play(house, byAdam, { sound: { url, name: 'A Song.mp3' } });
  expect(await house.tracks.sounds('g')).toEqual(['rain', 'sea', 'wind', 'A Song']);
  expect(await play(house, byEva, { sound: 'a song' })).toMatchObject({ title: 'A Song' });
  expect(await house.tracks.sounds('h')).toEqual(['rain', 'sea', 'wind']);
});

test('whoever played it may change it; others vote, and more than half of those there carry it', async () => {
  const house = await openRoom([adam, eva, ben, bot]);
  await play(house, byAdam);
  const denied = {
    kind: 'denied',
    track: 'main',
    owner: 'Adam',
    votes: 1,
    needed: 2,
    pollId: expect.any(String),
  };
  expect(house.tracks.steer('g', byEva, 'skip', 'main')).toEqual([denied]);
  const [again] = house.tracks.steer('g', byEva, 'skip', 'main');
  expect(again).toEqual(denied);
  const pollId = again?.kind === 'denied' ? again.pollId : '';
  expect(house.tracks.vote('g', 'stranger', pollId)).toMatchObject([{ kind: 'denied', votes: 1 }]);
  expect(house.tracks.vote('g', 'ben', pollId)).toMatchObject([{ kind: 'skipped' }]);
  expect(house.tracks.vote('g', 'ben', pollId)).toEqual([{ kind: 'over' }]);
  await play(house, byAdam);
  expect(house.tracks.steer('g', byAdam, 'stop', 'main')).toEqual([
    { kind: 'stopped', track: 'main', removed: 0 },
  ]);
});

test.each(['pause', 'resume', 'skip', 'stop'] as const)(
  '%s needs the right or votes',
  async (deed) => {
    const house = await openRoom();
    await play(house, byAdam);
    expect(house.tracks.steer('g', byEva, deed, 'main')).toMatchObject([{ kind: 'denied' }]);
    expect(house.tracks.steer('g', byBen, deed, 'main')).not.toMatchObject([{ kind: 'denied' }]);
  },
);

test('a vote for one thing is none for another, nor for the sound after it', async () => {
  const house = await openRoom();
  await play(house, byAdam);
  await play(house, byAdam, { sound: 'sea' });
  const [first] = house.tracks.steer('g', byEva, 'skip', 'main');
  expect(house.tracks.volume('g', byBen, 'main', 50)).toMatchObject({ kind: 'denied', votes: 1 });
  house.tracks.steer('g', byAdam, 'skip', 'main');
  const pollId = first?.kind === 'denied' ? first.pollId : '';
  expect(house.tracks.vote('g', 'ben', pollId)).toEqual([{ kind: 'over' }]);
  expect(house.tracks.steer('g', byBen, 'skip', 'main')).toMatchObject([{ votes: 1 }]);
});

test('who has left does not count, neither as a voter nor as one of those there', async () => {
  const house = await openRoom();
  await play(house, byAdam);
  house.tracks.steer('g', byEva, 'skip', 'main');
  seat(house, [adam, ben]);
  expect(house.tracks.steer('g', byBen, 'skip', 'main')).toMatchObject([
    { kind: 'denied', votes: 1, needed: 2 },
  ]);
});

test('a DJ, whoever manages the server, and whoever is alone with the bot may change everything', async () => {
  const dj = { ...eva, roleIds: ['100000000000000001'] };
  const house = await openRoom([adam, dj, ben]);
  const skip = (caller: TrackCaller) => house.tracks.steer('g', caller, 'skip', 'main');
  await play(house, byAdam);
  expect(skip(byEva)).toMatchObject([{ kind: 'denied' }]);
  await house.settings.set('g', 'dj_role', '<@&100000000000000001>');
  expect(skip(byEva)).toMatchObject([{ kind: 'skipped' }]);
  await house.settings.set('g', 'dj_role', 'none');
  await play(house, byAdam);
  expect(skip(byEva)).toMatchObject([{ kind: 'denied' }]);
  expect(skip(manager)).toMatchObject([{ kind: 'skipped' }]);
  await play(house, byAdam);
  seat(house, [ben]);
  expect(skip(byBen)).toMatchObject([{ kind: 'skipped' }]);
});

test('all is every track that holds something: one’s own are done, the others are put to the vote', async () => {
  const house = await openRoom();
  expect(house.tracks.steer('g', byAdam, 'pause', 'all')).toEqual([{ kind: 'silent' }]);
  await play(house, byAdam);
  await play(house, byEva, { track: 'bg' });
  expect(house.tracks.steer('g', byAdam, 'pause', 'all')).toMatchObject([
    { kind: 'paused', track: 'main' },
    { kind: 'denied', owner: 'Eva' },
  ]);
});

test('a track nobody ever used is unknown, but main is only empty', async () => {
  const house = await openRoom();
  expect(house.tracks.steer('g', byAdam, 'skip', 'bg')).toEqual([{ kind: 'silent' }]);
  expect(house.tracks.volume('g', byAdam, 'bg', 50)).toEqual({
    kind: 'unknown',
    track: 'bg',
    names: ['voice', 'cues'],
  });
  await play(house, byAdam, { track: 'sea' });
  expect(house.tracks.steer('g', byAdam, 'skip', 'bg')).toEqual([
    { kind: 'unknown', track: 'bg', names: ['sea'] },
  ]);
  expect(house.tracks.steer('g', byAdam, 'skip', 'main')).toEqual([
    { kind: 'empty', track: 'main' },
  ]);
  expect(house.tracks.steer('g', byAdam, 'skip', 'voice')).toMatchObject([{ kind: 'reserved' }]);
});

test('a volume is of its track, also with a sound that comes; that of somebody else’s track stays', async () => {
  const house = await openRoom();
  await play(house, byAdam, { percent: 30 });
  expect(house.tracks.list('g')?.[0]).toMatchObject({ name: 'main', percent: 30 });
  expect(await play(house, byEva, { percent: 90 })).toMatchObject({
    kind: 'added',
    kept: { owner: 'Adam', percent: 30 },
  });
  expect(house.tracks.volume('g', byAdam, 'main', 200)).toMatchObject({
    kind: 'volume',
    percent: 200,
  });
  expect(house.tracks.volume('g', byEva, 'voice', 40)).toEqual({
    kind: 'volume',
    track: 'voice',
    percent: 40,
  });
  expect(house.tracks.list('g')?.map(({ name, percent }) => [name, percent])).toEqual([
    ...[
      ['main', 200],
      ['voice', 40],
      ['cues', 100],
    ],
  ]);
});

test('while nobody is there nothing is read, and all goes on when somebody comes', async () => {
  const house = await openRoom();
  await play(house, byAdam);
  seat(house, [bot]);
  await pass(house, 300);
  expect(deckOf(house).tracks.isPaused).toBe(true);
  seat(house, [bot, eva]);
  await pass(house, 300);
  expect(deckOf(house).tracks.isPaused).toBe(false);
});

test('a book in trouble keeps nobody from playing', async () => {
  const house = await openRoom();
  house.trackBook.trouble = 'unwritable';
  await play(house, byAdam);
  await pass(house, 4_000);
  expect(titles(house)).toEqual(['rain']);
  expect(house.of('failed')).toMatchObject([{ code: 'store.unwritable' }]);
});

test('whose a sound was is forgotten with the person', async () => {
  const house = await openRoom();
  await play(house, byAdam);
  await house.privacy.forget('g', 'adam');
  expect(house.tracks.list('g')?.[0]?.current).not.toHaveProperty('owner');
  expect(house.tracks.steer('g', byEva, 'skip', 'main')).toMatchObject([{ kind: 'skipped' }]);
});

test('who is forgotten while their sound is fetched is not named by it', async () => {
  const house = await openRoom();
  const fetching = play(house, byAdam);
  await house.privacy.forget('g', 'adam');
  expect(await fetching).toMatchObject({ kind: 'playing' });
  expect(house.tracks.list('g')?.[0]?.current).not.toHaveProperty('owner');
});

test('the panel shows what plays, and is not redrawn with every second of it', async () => {
  const house = await openRoom();
  await play(house, byAdam, { track: 'bg', percent: 30 });
  await pass(house, 6_000);
  const shown = house.faces.flatMap(({ tracks = [] }) => tracks);
  expect(shown[0]).toMatchObject({ name: 'bg', title: 'rain', percent: 30, lengthMs: 10_000 });
  expect(new Set(shown.map(({ positionMs }) => positionMs))).toEqual(new Set([0, 5_000]));
  await pass(house, 6_000);
  expect(house.faces.at(-1)).not.toHaveProperty('tracks');
});

test('while a moderator has muted the bot nothing is put on a track that nobody could hear', async () => {
  const house = await openRoom();
  house.rooms.news('g', { kind: 'muted', on: true });
  expect(await play(house, byAdam)).toEqual({ kind: 'muted' });
  house.rooms.news('g', { kind: 'muted', on: false });
  expect(await play(house, byAdam)).toMatchObject({ kind: 'playing' });
});

test('one server looks for four sounds at once, and no more', async () => {
  const house = await openRoom();
  const all = await Promise.all(
    [1, 2, 3, 4, 5].map((n) => play(house, byAdam, { sound: `https://sounds.example/${n}` })),
  );
  expect(all.map(({ kind }) => kind)).toEqual(['playing', 'added', 'added', 'added', 'bad']);
  expect(await play(house, byAdam)).toMatchObject({ kind: 'added' });
});
