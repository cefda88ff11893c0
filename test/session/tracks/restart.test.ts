import { expect, test } from 'vitest';
import { library, shelf } from '#test/fakes/sounds.ts';
import { adam, den, eva, lounge, openHouse, pass } from '#test/session/setup/session-fixture.ts';
import { ben, byAdam, byEva, openRoom, play, titles } from '#test/session/setup/tracks-fixture.ts';

test('queues, volumes and pauses are there again in the next process, in the same channel only', async () => {
  const house = await openRoom();
  await play(house, byAdam, { track: 'bg', percent: 30, loop: true });
  await play(house, byEva, { track: 'bg', sound: 'https://sounds.example/song.mp3' });
  await play(house, byEva, { sound: 'sea' });
  house.tracks.steer('g', byEva, 'pause', 'main');
  house.tracks.volume('g', byEva, 'cues', 50);
  await pass(house, 1_000);
  const before = house.tracks.list('g');
  await house.rooms[Symbol.asyncDispose]();
  const { trackBook } = house;
  const elsewhere = openHouse({ trackStore: trackBook });
  await elsewhere.rooms.join(den, 'adam');
  await pass(elsewhere, 200);
  expect(elsewhere.tracks.list('g')).toHaveLength(2);
  await elsewhere.rooms[Symbol.asyncDispose]();
  const next = await openRoom([adam, eva, ben], { trackStore: trackBook });
  const there = next.tracks.list('g')?.map((view) => ({ ...view, current: undefined }));
  expect(there).toEqual(before?.map((view) => ({ ...view, current: undefined })));
  const placeOf = (views: typeof before) => views?.map(({ current }) => current?.positionMs ?? 0);
  const [[main, bg = 0] = [], [mainThen, bgThen = 0] = []] = [before, next.tracks.list('g')].map(
    placeOf,
  );
  expect([main, bg > 900, bgThen >= bg, bgThen < bg + 300]).toEqual([mainThen, true, true, true]);
  expect(next.tracks.steer('g', byEva, 'skip', 'bg')).toMatchObject([{ owner: 'Adam' }]);
});

test('a process that is killed forgets three seconds at most', async () => {
  const house = await openRoom();
  await play(house, byAdam);
  await pass(house, 3_000);
  await play(house, byAdam, { sound: 'sea' });
  const { trackBook } = house;
  expect((await trackBook.read('g', 'lounge'))[0]?.sounds).toHaveLength(1);
  const next = await openRoom([adam], { trackStore: trackBook });
  expect(titles(next)).toEqual(['rain']);
});

test('after /leave nothing is kept', async () => {
  const house = await openRoom();
  await play(house, byAdam);
  await pass(house, 3_000);
  const leaving = house.rooms.leave('g');
  await pass(house, 100);
  await leaving;
  expect(await house.trackBook.read('g', 'lounge')).toEqual([]);
});

test('a sound that is gone after the restart is skipped, and the room is told why', async () => {
  const house = await openRoom();
  await play(house, byAdam);
  await play(house, byAdam, { sound: 'sea' });
  await house.rooms[Symbol.asyncDispose]();
  const { trackBook } = house;
  const next = await openRoom([adam], { trackStore: trackBook, sounds: shelf(library('sea')) });
  expect(titles(next)).toEqual(['sea']);
  expect(next.written).toContain("I can't play rain on main: it didn't arrive. It is skipped.");
});

test('a channel the bot is moved to has the same tracks', async () => {
  const house = await openRoom();
  await play(house, byAdam);
  house.rooms.news('g', { kind: 'moved', channelId: 'den' });
  await pass(house, 1_000);
  expect(house.rooms.at('g')).toEqual(den);
  expect(titles(house)).toEqual(['rain']);
  await pass(house, 3_000);
  expect(await house.trackBook.read('g', 'den')).toHaveLength(1);
});

test('whoever calls the bot elsewhere first leaves what was kept for this channel as it was', async () => {
  const house = await openRoom();
  await play(house, byAdam);
  await house.rooms[Symbol.asyncDispose]();
  const { trackBook } = house;
  const elsewhere = openHouse({ trackStore: trackBook });
  await elsewhere.rooms.join(den, 'adam');
  await pass(elsewhere, 4_000);
  await play(elsewhere, byAdam, { sound: 'sea' });
  const leaving = elsewhere.rooms.leave('g');
  await pass(elsewhere, 100);
  await leaving;
  expect(await trackBook.read('g', 'lounge')).toHaveLength(1);
  expect(await trackBook.read('g', 'den')).toEqual([]);
});

test('a process that ends while it lays what was kept loses nothing of it', async () => {
  const house = await openRoom();
  await play(house, byAdam);
  await play(house, byAdam, { sound: 'https://sounds.example/song.mp3' });
  await house.rooms[Symbol.asyncDispose]();
  const { trackBook } = house;
  const never = library('rain');
  const stuck = { ...never, open: () => new Promise<never>(() => undefined) };
  const next = openHouse({ trackStore: trackBook, sounds: shelf(stuck) });
  await next.rooms.join(lounge, 'adam');
  await pass(next, 4_000);
  await next.rooms[Symbol.asyncDispose]();
  expect((await trackBook.read('g', 'lounge'))[0]?.sounds).toHaveLength(2);
});

test('whoever is forgotten while their sounds are laid again does not come back with them', async () => {
  const house = await openRoom();
  await play(house, byAdam);
  await house.rooms[Symbol.asyncDispose]();
  const { trackBook } = house;
  const disk = Promise.withResolvers<void>();
  const found = library('rain');
  const open = async (...asked: Parameters<typeof found.open>) => {
    await disk.promise;
    return await found.open(...asked);
  };
  const next = openHouse({ trackStore: trackBook, sounds: shelf({ ...found, open }) });
  await next.rooms.join(lounge, 'adam');
  await pass(next, 200);
  next.rooms.session('g')?.context.tracks.owned.disown('adam');
  disk.resolve();
  await pass(next, 4_000);
  const kept = await trackBook.read('g', 'lounge');
  expect(kept[0]?.sounds).toHaveLength(1);
  expect(JSON.stringify(kept)).not.toContain('adam');
});
