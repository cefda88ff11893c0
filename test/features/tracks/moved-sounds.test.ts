import { toGuildId } from '#src/base/ids.ts';
import {
  adam,
  den,
  lounge,
  openSessionFixture,
  passTime,
  places,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import {
  byAdam,
  listTitles,
  openSetup,
  playSound,
} from '#test/conversation/setup/tracks-fixture.ts';
import { makeCatalog } from '#test/fakes/fake-sounds.ts';

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
