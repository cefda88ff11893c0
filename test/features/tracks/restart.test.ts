import { expect, test } from 'vitest';
import {
  adam,
  den,
  eva,
  lounge,
  openSessionFixture,
  pass,
} from '#test/conversation/setup/session-fixture.ts';
import {
  ben,
  byAdam,
  byEva,
  openSetup,
  play,
  titles,
} from '#test/conversation/setup/tracks-fixture.ts';
import { catalog, library } from '#test/fakes/sounds.ts';

test('queues, volumes, pauses and mutes are there again in the next process, in the same channel only', async () => {
  const fixture = await openSetup();
  await play(fixture, byAdam, { track: 'bg', percent: 30, loop: true });
  await play(fixture, byEva, { track: 'bg', sound: 'https://sounds.example/song.mp3' });
  await play(fixture, byEva, { sound: 'sea' });
  fixture.tracks.steer('g', byEva, 'pause', 'main');
  fixture.tracks.steer('g', byAdam, 'mute', 'bg');
  fixture.tracks.change('g', byEva, { kind: 'volume', percent: 50 }, 'cues');
  await pass(fixture, 1_000);
  const before = fixture.tracks.list('g');
  await fixture.sessions[Symbol.asyncDispose]();
  const { trackStore } = fixture;
  const elsewhere = openSessionFixture({ trackStore });
  await elsewhere.sessions.join(den, 'adam');
  await pass(elsewhere, 200);
  expect(elsewhere.tracks.list('g')).toHaveLength(2);
  await elsewhere.sessions[Symbol.asyncDispose]();
  const next = await openSetup([adam, eva, ben], { trackStore });
  const there = next.tracks.list('g')?.map((view) => ({ ...view, current: undefined }));
  expect(there).toEqual(before?.map((view) => ({ ...view, current: undefined })));
  expect(there?.map(({ isMuted }) => isMuted)).toEqual([false, true, false, false]);
  const placeOf = (views: typeof before) => views?.map(({ current }) => current?.positionMs ?? 0);
  const [[main, bg = 0] = [], [mainThen, bgThen = 0] = []] = [before, next.tracks.list('g')].map(
    placeOf,
  );
  expect([main, bg > 900, bgThen >= bg, bgThen < bg + 300]).toEqual([mainThen, true, true, true]);
  expect(next.tracks.steer('g', byEva, 'skip', 'bg')).toMatchObject([{ owner: 'Adam' }]);
});

test('a track has the name that people gave it again, and so has one of a former version', async () => {
  const fixture = await openSetup();
  for (const track of ['Rainy  Day', '雨の音', '🎸 & 🥁']) await play(fixture, byAdam, { track });
  await fixture.sessions[Symbol.asyncDispose]();
  const { trackStore } = fixture;
  const [first, ...others] = await trackStore.read('g', 'lounge');
  if (!first) throw new Error('nothing was stored');
  await trackStore.write('g', 'lounge', [{ ...first, name: 'regen-2' }, first, ...others]);
  const next = await openSetup([adam], { trackStore });
  const names = next.tracks.list('g')?.map(({ name }) => name);
  expect(names?.slice(0, 4).toSorted()).toEqual(
    ['Rainy Day', 'regen-2', '雨の音', '🎸 & 🥁'].toSorted(),
  );
  expect(await play(next, byAdam, { track: 'RAINY DAY' })).toMatchObject({ track: 'Rainy Day' });
  expect(await play(next, byAdam, { track: 'Regen-2' })).toMatchObject({ track: 'regen-2' });
});

test('a process that is killed forgets three seconds at most', async () => {
  const fixture = await openSetup();
  await play(fixture, byAdam);
  await pass(fixture, 3_000);
  await play(fixture, byAdam, { sound: 'sea' });
  const { trackStore } = fixture;
  expect((await trackStore.read('g', 'lounge'))[0]?.sounds).toHaveLength(1);
  const next = await openSetup([adam], { trackStore });
  expect(titles(next)).toEqual(['rain']);
});

test('after /leave nothing is kept', async () => {
  const fixture = await openSetup();
  await play(fixture, byAdam);
  await pass(fixture, 3_000);
  const leaving = fixture.sessions.leave('g');
  await pass(fixture, 100);
  await leaving;
  expect(await fixture.trackStore.read('g', 'lounge')).toEqual([]);
});

test('a sound that is gone after the restart is skipped, and the channel is told why', async () => {
  const fixture = await openSetup();
  await play(fixture, byAdam);
  await play(fixture, byAdam, { sound: 'sea' });
  await fixture.sessions[Symbol.asyncDispose]();
  const { trackStore } = fixture;
  const next = await openSetup([adam], { trackStore, sounds: catalog(library('sea')) });
  expect(titles(next)).toEqual(['sea']);
  expect(next.written).toContain("I can't play rain on main: I couldn't fetch it. It is skipped.");
});

test('a channel the bot is moved to has the same tracks', async () => {
  const fixture = await openSetup();
  await play(fixture, byAdam);
  fixture.sessions.news('g', { kind: 'moved', channelId: 'den' });
  await pass(fixture, 1_000);
  expect(fixture.sessions.at('g')).toEqual(den);
  expect(titles(fixture)).toEqual(['rain']);
  await pass(fixture, 3_000);
  expect(await fixture.trackStore.read('g', 'den')).toHaveLength(1);
});

test('whoever calls the bot elsewhere first leaves what was kept for this channel as it was', async () => {
  const fixture = await openSetup();
  await play(fixture, byAdam);
  await fixture.sessions[Symbol.asyncDispose]();
  const { trackStore } = fixture;
  const elsewhere = openSessionFixture({ trackStore });
  await elsewhere.sessions.join(den, 'adam');
  await pass(elsewhere, 4_000);
  await play(elsewhere, byAdam, { sound: 'sea' });
  const leaving = elsewhere.sessions.leave('g');
  await pass(elsewhere, 100);
  await leaving;
  expect(await trackStore.read('g', 'lounge')).toHaveLength(1);
  expect(await trackStore.read('g', 'den')).toEqual([]);
});

test('a process that ends while it lays what was kept loses nothing of it', async () => {
  const fixture = await openSetup();
  await play(fixture, byAdam);
  await play(fixture, byAdam, { sound: 'https://sounds.example/song.mp3' });
  await fixture.sessions[Symbol.asyncDispose]();
  const { trackStore } = fixture;
  const never = library('rain');
  const stuck = { ...never, open: () => new Promise<never>(() => undefined) };
  const next = openSessionFixture({ trackStore, sounds: catalog(stuck) });
  await next.sessions.join(lounge, 'adam');
  await pass(next, 4_000);
  await next.sessions[Symbol.asyncDispose]();
  expect((await trackStore.read('g', 'lounge'))[0]?.sounds).toHaveLength(2);
});

test('whoever is forgotten while their sounds are laid again does not come back with them', async () => {
  const fixture = await openSetup();
  await play(fixture, byAdam);
  await fixture.sessions[Symbol.asyncDispose]();
  const { trackStore } = fixture;
  const disk = Promise.withResolvers<void>();
  const found = library('rain');
  const open = async (...asked: Parameters<typeof found.open>) => {
    await disk.promise;
    return await found.open(...asked);
  };
  const next = openSessionFixture({ trackStore, sounds: catalog({ ...found, open }) });
  await next.sessions.join(lounge, 'adam');
  await pass(next, 200);
  await next.privacy.forget('g', 'adam');
  disk.resolve();
  await pass(next, 4_000);
  const kept = await trackStore.read('g', 'lounge');
  expect(kept[0]?.sounds).toHaveLength(1);
  expect(JSON.stringify(kept)).not.toContain('adam');
});
