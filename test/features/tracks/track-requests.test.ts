import { stop } from '#commands/stop.ts';
import { BotError } from '#src/base/errors.ts';
import { toChannelId, toGuildId, toPersonId, toRoleId } from '#src/base/ids.ts';
import type { TrackCaller } from '#src/features/tracks/track-request-outcomes.ts';
import { callAs, lounge, makePorts } from '#test/commands/command-ports.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
import {
  adam,
  eva,
  passTime,
  places,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
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
} from '#test/conversation/setup/tracks-fixture.ts';
import { makeCatalog } from '#test/fakes/fake-sounds.ts';

test('forgetting a person removes their name from their sounds', async () => {
  const fixture = await openSetup();
  await playSound(fixture, byAdam);
  await fixture.privacy.forget(toGuildId('g'), toPersonId('adam'));
  expect(fixture.tracks.listTracks(toGuildId('g'))?.[0]?.current).not.toHaveProperty(
    'owner',
  );
  expect(changeTrack(fixture, byEva, 'skip')).toMatchObject([{ kind: 'skipped' }]);
});

test('a person who is forgotten while their sound is fetched is not named by it', async () => {
  const fixture = await openSetup();
  const fetching = playSound(fixture, byAdam);
  await fixture.privacy.forget(toGuildId('g'), toPersonId('adam'));
  expect(await fetching).toMatchObject({ kind: 'playing' });
  expect(fixture.tracks.listTracks(toGuildId('g'))?.[0]?.current).not.toHaveProperty(
    'owner',
  );
});

test('sounds end with a move that leads nowhere', async () => {
  const fixture = await openSetup();
  await playSound(fixture, byAdam);
  await passTime(fixture, 200);
  const tracks = fixture.sessions.findSession(toGuildId('g'))?.mouth.mix.tracks;
  const listSounds = () => tracks?.listTracks().flatMap(({ items }) => items);
  expect(listSounds()).toHaveLength(1);
  await fixture.sessions.moveSession(toGuildId('g'), toChannelId('nowhere'));
  expect(listSounds()).toEqual([]);
});

test('a server looks for four sounds at once at most', async () => {
  const fixture = await openSetup();
  const allOutcomes = await Promise.all(
    [1, 2, 3, 4, 5].map((n) =>
      playSound(fixture, byAdam, { sound: `https://sounds.example/${n}` }),
    ),
  );
  const kinds = ['playing', 'added', 'added', 'added', 'bad'];
  expect(allOutcomes.map(({ kind }) => kind)).toEqual(kinds);
  expect(await playSound(fixture, byAdam)).toMatchObject({ kind: 'added' });
});

playScripts({
  'a sound plays at once on an empty track, and waits behind what plays': `
    adam plays rain > playing title rain track main place 0
    adam plays sea > added title sea track main place 1
    adam plays wind > added title wind track main place 2
    adam plays rain next > added title rain track main place 1
    track main > rain, rain, sea, wind
    adam skips MAIN > skipped track main title rain, played main: skipped
    `,
  'a sound that cannot be played is refused with its reason, and changes nothing': `
    adam plays http://127.0.0.1/x.mp3 > bad reason track.bad.not_allowed
    adam plays file:///etc/passwd > bad reason track.bad.not_allowed
    adam plays ran > no-sound name ran names rain, sea, wind
    adam plays ../../etc/passwd > no-sound name ../../etc/passwd names rain, sea, wind
    tracks > voice, cues
    `,
  'whoever played it may change it; others vote to skip, and more than half of those there carry it':
    [
      { people: [adam, eva, ben, bot] },
      `
    adam plays rain > playing title rain track main place 0
    eva skips > denied track main owner Adam vote votes 1 needed 2
    eva skips > denied track main owner Adam vote votes 1 needed 2
    stranger skips > denied track main owner Adam vote votes 1 needed 2
    eva stops > denied track main owner Adam
    ben skips > skipped track main title rain, played main: skipped
    adam plays rain > playing title rain track main place 0
    # A vote counts for its sound alone.
    eva skips > denied track main owner Adam vote votes 1 needed 2
    adam stops > changed track main change stop title rain, played main: stopped
    `,
    ],
  'a DJ, whoever manages the server, and whoever is alone with the bot may change everything':
    [
      { people: [adam, { ...eva, roleIds: [toRoleId('100000000000000001')] }, ben] },
      `
    adam plays rain > playing title rain track main place 0
    eva skips > denied track main owner Adam vote votes 1 needed 2
    set dj_role <@&100000000000000001> > set value 100000000000000001 isSaved true
    eva skips > skipped track main title rain, played main: skipped
    set dj_role none > set value none isSaved true
    adam plays rain > playing title rain track main place 0
    eva skips > denied track main owner Adam vote votes 1 needed 2
    eva as manager skips > skipped track main title rain, played main: skipped
    adam plays rain > playing title rain track main place 0
    adam goes
    eva goes
    ben skips > skipped track main title rain, played main: skipped
    `,
    ],
  'a store in trouble keeps nobody from playing': [
    {
      acts: {
        breakStore({ trackStore }) {
          trackStore.trouble = 'unwritable';
        },
      },
    },
    `
    do breakStore
    adam plays rain > playing title rain track main place 0
    4000 > failed store store.unwritable
    track main > rain
    `,
  ],
});

const longText = 'This is a story. '.repeat(20);

const stopSounds = (
  fixture: SessionFixture,
  caller: TrackCaller,
  what: 'speech' | 'sounds' | 'everything',
) => {
  const { featurePorts: features, sessions } = fixture;
  const call = callAs({ ...caller, channel: lounge });
  return stop.run(
    { ...call, inputs: { what } },
    { ...makePorts(), sessions, features },
  );
};

test('all is every track with a sound, for each change but one that depends on the sound', async () => {
  const fixture = await openSetup();
  await playSound(fixture, byAdam);
  await playSound(fixture, byAdam, { track: 'bg' });
  const changeAll = (command: Parameters<typeof fixture.tracks.changeTracks>[2]) =>
    fixture.tracks
      .changeTracks(toGuildId('g'), byAdam, command, 'all')
      .map(({ kind }) => kind);
  for (const [command, ...kinds] of [
    [{ kind: 'volume', percent: 40 }, 'volume', 'volume'],
    [{ kind: 'pause' }, 'changed', 'changed'],
    [{ kind: 'resume' }, 'changed', 'changed'],
    [{ kind: 'mute' }, 'changed', 'changed'],
    [{ kind: 'unmute' }, 'changed', 'changed'],
    [{ kind: 'loop', on: true }, 'changed', 'changed'],
    [{ kind: 'crossfade', ms: 1_000 }, 'changed', 'changed'],
    [{ kind: 'seek', to: { kind: 'at', ms: 0 } }, 'unknown'],
    [{ kind: 'remove', item: '1' }, 'unknown'],
    [{ kind: 'stop' }, 'changed', 'changed'],
  ] as const)
    expect(changeAll(command)).toEqual(kinds);
});

playScripts(
  {
    '/stop ends sounds alone, speech alone, or both': `
    with uncalled
    adam joins > joined consent brief
    200
    adam plays rain > playing title rain track main place 0
    adam plays rain on bg > playing title rain track bg place 0
    adam plays sea on bg > added title sea track bg place 1
    stop > stopped paused main paused bg
    do adam stops sounds > stop.ok, played main: stopped, played bg: stopped x2
    eva skips all > empty track all
    do adam stops sounds > stop.nothing
    adam plays rain > playing title rain track main place 0
    read: Hello there. > queued position 0, says "Hello there."
    do adam stops everything > stop.ok, played main: stopped, played voice: stopped
    do adam stops everything > stop.nothing
    `,
    '/stop ends one’s own sounds, leaves those of others, and says which is which': `
    adam plays rain > playing title rain track main place 0
    ben plays sea on bg > playing title sea track bg place 0
    do ben stops sounds
    > stop.ok lines track.barred track main owner Adam, track.changed change stop what sea (bg)
    > played bg: stopped
    track main > rain
    track bg > nothing
    do ben stops sounds > perm.dj lines track.barred track main owner Adam
    `,
    'anybody silences the sounds of others: they pause, and the reply names them and who can go on': `
    adam plays rain > playing title rain track main place 0
    ben plays sea on bg > playing title sea track bg place 0
    2000 sounding
    do ben stops speech > stop.paused.owned tracks main, bg people Adam, Ben
    2000 silent
    do ben stops speech > stop.silent
    track main > rain
    do ben stops everything
    > stop.ok lines track.barred track main owner Adam, track.changed change stop what sea (bg)
    > played bg: stopped
    track bg > nothing
    track main > rain
    `,
    'a spoken stop pauses music, with and without the name, and where it is said to nobody': `
    with auto, eva always, ben always
    adam plays rain > playing title rain track main place 0
    2000 sounding
    eva says: Stop!
    > heard Eva: Stop!, ignored Eva: interjection, writes stop.paused.owned (main) (Adam)
    2000 silent
    track main > rain
    do adam goes on
    2000 sounding
    eva says: Nova, stop.
    > heard Eva: Nova, stop., ignored Eva: interjection, writes stop.paused.owned (main) (Adam)
    2000 silent
    requests > 0 requests
    `,
    'music is paused by a spoken stop also where only the person who pressed Ask is answered': `
    with window, eva always
    adam plays rain > playing title rain track main place 0
    2000 sounding
    eva says: Stop!
    > heard Eva: Stop!, ignored Eva: interjection, writes stop.paused.owned (main) (Adam)
    2000 silent
    `,
    'a text on a track ends with a stop, and those that wait behind it there': `
    do adam reads on bg
    > says "This is a story. This is a story. This is a story. This is a story. This is a story."
    do adam reads on bg
    3000 sounding
    > says "This is a story. This is a story. This is a story. This is a story. This is a story. This is a story."
    do ben stops speech > stop.ok, played bg: stopped x2
    2000 silent
    track bg > nothing
    do ben stops speech > stop.silent
    `,
  },
  {
    people: [adam, eva, ben],
    acts: {
      'adam stops sounds': (fixture) => stopSounds(fixture, byAdam, 'sounds'),
      'adam stops everything': (fixture) => stopSounds(fixture, byAdam, 'everything'),
      'ben stops speech': (fixture) => stopSounds(fixture, byBen, 'speech'),
      'ben stops everything': (fixture) => stopSounds(fixture, byBen, 'everything'),
      'adam goes on': (fixture) =>
        void changeTrack(fixture, byAdam, 'resume' as 'skip', 'main'),
      'adam reads on bg': (fixture) =>
        void fixture.talk.sayText(toGuildId('g'), longText, 'queue', {
          track: 'bg',
          owner: byAdam,
        }),
      'ben stops sounds': (fixture) => stopSounds(fixture, byBen, 'sounds'),
    },
  },
);

const [guild, other] = [toGuildId('g'), toGuildId('other')];
const bell = { url: 'https://files.example/bell.mp3', name: 'bell.mp3' };
const airhorn = { name: 'Airhorn', url: 'https://sounds.example/soundboard-sounds/1' };
const { library, opener } = makeCatalog();

test('a sound that a member adds is played by its name in that server alone, before those of the machine', async () => {
  const { tracks, ...fixture } = await openSetup();
  expect(await tracks.addSound(guild, adam.id, bell, 'Bell')).toEqual({
    kind: 'added',
    title: 'Bell',
  });
  expect(await tracks.listSounds(guild)).toEqual(['Bell', 'rain', 'sea', 'wind']);
  expect(await tracks.listSounds(other)).toEqual(['rain', 'sea', 'wind']);
  const outcome = await playSound({ tracks, ...fixture }, byAdam, { sound: 'bell' });
  expect(outcome).toMatchObject({ kind: 'playing', title: 'Bell' });
});

test("the server's soundboard at Discord is played by its names too", async () => {
  const fixture = await openSetup(undefined, {
    places: { ...places, listSoundboard: async () => [airhorn] },
  });
  expect(await fixture.tracks.listSounds(guild)).toContain('Airhorn');
  const outcome = await playSound(fixture, byAdam, { sound: 'airhorn' });
  expect(outcome).toMatchObject({ kind: 'playing', title: 'Airhorn' });
  expect(listTitles(fixture)).toContain('Airhorn');
});

test('a sound with a name that is there, or too long, is not added', async () => {
  const { tracks } = await openSetup();
  const addBell = (name: string) => tracks.addSound(guild, adam.id, bell, name);
  expect(await addBell('RAIN')).toEqual({ kind: 'taken', title: 'RAIN' });
  for (const name of [' ', 'x'.repeat(33), 'https://a.example'])
    expect(await addBell(name)).toEqual({ kind: 'bad-name' });
  expect(await tracks.listAddedSounds(guild)).toEqual([]);
});

test.each(['source.not_audio', 'source.too_big', 'source.unreachable'] as const)(
  'a file that fails with %s is told, and nothing is stored',
  async (code) => {
    const fetchBytes = async () => {
      throw new BotError(code, false, 'no');
    };
    const sounds = { library, opener: { ...opener, fetchBytes } };
    const { tracks } = await openSetup(undefined, { sounds });
    const id = `track.bad.${code.split('.')[1]}`;
    expect(await tracks.addSound(guild, adam.id, bell, 'bell')).toEqual({
      kind: 'bad',
      reason: { id },
    });
    expect(await tracks.listAddedSounds(guild)).toEqual([]);
  },
);

test('a sound of more than a minute is not added', async () => {
  const openSource: typeof opener.openSource = async (location, signal) => {
    const source = await opener.openSource(location, signal);
    async function* openLong() {
      for (let n = 0; n < 7; n++) yield* source.open(0, signal);
    }
    return { ...source, open: openLong };
  };
  const sounds = { library, opener: { ...opener, openSource } };
  const { tracks } = await openSetup(undefined, { sounds });
  const outcome = await tracks.addSound(guild, adam.id, bell, 'bell');
  expect(outcome).toMatchObject({ kind: 'bad', reason: { id: 'track.bad.too_long' } });
});

test('whoever added a sound removes it, or a manager, and nobody else', async () => {
  const { tracks } = await openSetup();
  const denied = { kind: 'denied', title: 'bell' };
  for (const remover of [byAdam, manager]) {
    await tracks.addSound(guild, adam.id, bell, 'bell');
    expect(await tracks.removeSound(guild, byEva, 'bell')).toEqual(denied);
    expect(await tracks.removeSound(guild, remover, 'Bell')).toEqual({
      kind: 'removed',
      title: 'bell',
    });
    expect(await tracks.listAddedSounds(guild)).toEqual([]);
  }
  expect(await tracks.removeSound(guild, manager, 'rain')).toMatchObject({
    kind: 'unknown',
  });
});

test('a person who is forgotten takes along the sounds that they added, and others stay', async () => {
  const { privacy, tracks } = await openSetup();
  await tracks.addSound(guild, adam.id, bell, 'of Adam');
  await tracks.addSound(guild, toPersonId('eva'), bell, 'of Eva');
  await privacy.forget(guild, adam.id);
  expect(await tracks.listAddedSounds(guild)).toEqual(['of Eva']);
});

test('while the store cannot be read the sounds of the machine are there', async () => {
  const { stores, tracks } = await openSetup();
  stores.sounds.trouble = 'unreadable';
  expect(await tracks.listSounds(guild)).toEqual(['rain', 'sea', 'wind']);
  stores.sounds.trouble = 'unwritable';
  expect(await tracks.addSound(guild, adam.id, bell, 'bell')).toEqual({
    kind: 'unsaved',
  });
});
