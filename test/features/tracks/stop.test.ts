import { stop } from '#commands/stop.ts';
import { toGuildId } from '#src/base/ids.ts';
import type { TrackCaller } from '#src/features/tracks/track-request-outcomes.ts';
import { callAs, lounge, makePorts } from '#test/commands/command-ports.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
import {
  adam,
  eva,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import {
  ben,
  byAdam,
  byBen,
  changeTrack,
  openSetup,
  playSound,
} from '#test/conversation/setup/tracks-fixture.ts';

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
  const change = (command: Parameters<typeof fixture.tracks.changeTracks>[2]) =>
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
    expect(change(command)).toEqual(kinds);
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
