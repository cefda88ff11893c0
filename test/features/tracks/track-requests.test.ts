import { toGuildId, toPersonId, toRoleId } from '#src/base/ids.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
import { adam, eva } from '#test/conversation/setup/session-fixture.ts';
import {
  ben,
  bot,
  byAdam,
  byEva,
  changeTrack,
  openSetup,
  playSound,
} from '#test/conversation/setup/tracks-fixture.ts';

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
