import { toChannelId, toGuildId } from '#src/base/ids.ts';
import type { ListedTrack } from '#src/features/tracks/track-request-outcomes.ts';
import {
  adam,
  den,
  eva,
  lounge,
  openSessionFixture,
  passTime,
  places,
  type SessionFixture,
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
import { makeCatalog } from '#test/fakes/fake-sounds.ts';

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

const { library, opener } = makeCatalog();
/** Everything is a sound, also what lies at Discord. */
const sounds: typeof opener = {
  ...opener,
  openSource: (location, signal) =>
    opener.openSource(
      location.kind === 'link'
        ? { ...location, url: location.url.replace(/^.*\//, 'https://sounds.example/') }
        : location,
      signal,
    ),
};
const overrides = { sounds: { library, opener: sounds } };

const memo = {
  sound: { url: 'https://files.example/memo.mp3', name: 'memo.mp3' },
  track: 'memos',
};
const note = {
  sound: 'https://CDN.discordapp.com./attachments/1/2/note.mp3',
  track: 'notes',
};
const song = { sound: 'https://sounds.example/song.mp3', track: 'music' };

async function moveBot(fixture: SessionFixture, { channelId }: typeof den) {
  fixture.sessions.onSeatChange(toGuildId('g'), { kind: 'moved', channelId });
  await passTime(fixture, 1_000);
}

test('files of messages stay behind as the bot is moved, and the former chat reads which; the library and links go along', async () => {
  const fixture = await openSetup(undefined, overrides);
  await playSound(fixture, byAdam);
  for (const sound of [memo, note, song]) await playSound(fixture, byAdam, sound);
  await playSound(fixture, byAdam, { ...memo, track: 'main' });
  await moveBot(fixture, den);
  expect(fixture.tracks.listTracks(toGuildId('g'))?.map(({ name }) => name)).toEqual([
    'main',
    'music',
    'voice',
    'cues',
  ]);
  expect(listTitles(fixture)).toEqual(['rain']);
  expect(
    fixture.of('played').map(({ channelId, end, track }) => [channelId, track, end]),
  ).toEqual([
    ['lounge', 'main', 'left'],
    ['lounge', 'memos', 'left'],
    ['lounge', 'notes', 'left'],
  ]);
  const lines = fixture.written.flatMap((text, at) =>
    text.includes('over, as I left') ? [[fixture.writtenIn[at], text]] : [],
  );
  expect(lines).toEqual([
    [
      'Lounge',
      [
        'memo (main): over, as I left the channel.',
        'memo (memos): over, as I left the channel.',
        'note.mp3 (notes): over, as I left the channel.',
      ].join('\n'),
    ],
  ]);
});

test('moved between channels of the same people a file goes along, also over a restart, until the people are others', async () => {
  let isSame = true;
  const shared = { ...overrides, places: { ...places, hasSameReaders: () => isSame } };
  const fixture = await openSetup(undefined, shared);
  await playSound(fixture, byAdam, memo);
  await playSound(fixture, byAdam);
  await moveBot(fixture, den);
  expect(listTitles(fixture, 'memos')).toEqual(['memo']);
  await passTime(fixture, 4_000);
  await fixture.sessions[Symbol.asyncDispose]();
  const restartBot = async () => {
    const next = openSessionFixture({ ...shared, trackStore: fixture.trackStore });
    await next.sessions.join(den, adam.id);
    await passTime(next, 200);
    const titles = [listTitles(next, 'memos'), listTitles(next)];
    await next.sessions[Symbol.asyncDispose]();
    return titles;
  };
  expect(await restartBot()).toEqual([['memo'], ['rain']]);
  isSame = false;
  expect(await restartBot()).toEqual([[undefined], ['rain']]);
});

test.each(['bg', undefined])(
  'a text that was typed for the channel before a move is not said in the next one on the track %s',
  async (track) => {
    const fixture = await openSetup();
    await moveBot(fixture, den);
    const saySentence = (channelId: typeof den.channelId) =>
      fixture.talk.sayText(toGuildId('g'), 'Hello.', 'queue', { track, channelId });
    expect(await saySentence(lounge.channelId)).toEqual({ kind: 'nowhere' });
    expect(await saySentence(den.channelId)).not.toEqual({ kind: 'nowhere' });
  },
);
