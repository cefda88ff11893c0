import { toGuildId } from '#src/base/ids.ts';
import { tools } from '#src/features/features.ts';
import { matchSounds } from '#src/features/tracks/sound-matching.ts';
import type { TrackCaller } from '#src/features/tracks/track-request-outcomes.ts';
import { playScripts, type Scripts } from '#test/conversation/setup/play-script.ts';
import {
  adam,
  eva,
  openCalled,
  passTime,
} from '#test/conversation/setup/session-fixture.ts';
import {
  ben,
  byAdam,
  byEva,
  playSound,
} from '#test/conversation/setup/tracks-fixture.ts';
import { makeToolCall } from '#test/fakes/fake-chat.ts';
import { makeCatalog, makeLibrary } from '#test/fakes/fake-sounds.ts';
import { FakeTranscriber } from '#test/fakes/fake-speech.ts';

type Laid = readonly (readonly [TrackCaller, sound: string, track: string])[];

const band: Laid = [
  [byAdam, 'rain', 'bg'],
  [byAdam, 'wind', 'bg'],
  [byAdam, 'sea', 'main'],
];

/** Adam asks where these sounds play, and the model calls the tool: the outcome that it is told. */
async function changeTracks(fields: object, tracks: Laid) {
  const rounds = [[makeToolCall('change_track', fields)], ['As you like.']];
  const transcriber = new FakeTranscriber({ texts: ['Turn the rain down.'] });
  const options = { rounds, pieces: 2, transcriber, tools };
  const fixture = await openCalled(options, [adam, eva, ben], 40);
  for (const [by, sound, track] of tracks)
    await playSound(fixture, by, { sound, track });
  void fixture.talk.askQuestion(toGuildId('g'), 'Turn the rain down.', adam, 'voice');
  await passTime(fixture, 2_000);
  const [result = ''] = fixture.chat.results;
  return { fixture, outcome: JSON.parse(result).result?.outcome };
}

const quieter = { deed: 'volume', change: -20 };

test.each([
  ['rain', 'bg'],
  ['the rain', 'bg'],
  ['BG', 'bg'],
  ['sea', 'main'],
  [undefined, 'main'],
])('who asks for %j to be turned down has %s turned down', async (track, match) => {
  const { fixture, outcome } = await changeTracks({ ...quieter, track }, band);
  expect(outcome).toEqual([`Volume of ${match}: 80 %.`]);
  const view = fixture.tracks
    .listTracks(toGuildId('g'))
    ?.find(({ name }) => name === match);
  expect(view?.percent).toBe(80);
});

test.each([
  [{ deed: 'seek', to: '0:04' }, 'sea is now at 0:04.'],
  [{ deed: 'seek', to: '+2', track: 'rain' }, 'rain (bg) is now at 0:02.'],
  [{ deed: 'seek', to: '2:00' }, 'sea ends at 0:10. Choose an earlier place.'],
  [{ deed: 'seek', to: '-30' }, 'sea is now at 0:00.'],
  [{ deed: 'volume', level: 0 }, 'Volume of main: 0 %.'],
  [{ deed: 'fade', level: 10, seconds: 3, track: 'bg' }, 'Volume of bg: 10 %.'],
  [{ deed: 'fade', level: 0 }, 'Volume of main: 0 %.'],
  [{ deed: 'mute' }, 'Muted sea.'],
  [{ deed: 'unmute' }, 'sea can be heard again.'],
  [{ deed: 'loop', track: 'sea' }, 'sea repeats from now on.'],
  [{ deed: 'unloop' }, 'sea no longer repeats.'],
  [{ deed: 'skip' }, 'Skipped sea.'],
  [{ deed: 'remove', item: 'wind' }, 'Removed wind (bg) from the queue.'],
  [
    { deed: 'remove', item: 'thunder', track: 'bg' },
    'There is no "thunder". Pick one from the list.',
  ],
])('%j changes what plays, or what waits wherever it does', async (fields, sentence) =>
  expect((await changeTracks(fields, band)).outcome).toEqual([sentence]),
);

test('asking to skip the sound of another person counts as a vote', async () => {
  const { outcome } = await changeTracks({ deed: 'skip' }, [[byEva, 'rain', 'bg']]);
  expect(outcome).toEqual(["bg is Eva's. Ask a DJ, or vote with Skip: 1/2."]);
});

test('the model is told which sounds play and which do not', async () => {
  const { outcome } = await changeTracks(
    { deed: 'pause', track: 'wind' },
    band.slice(0, 1),
  );
  expect(outcome).toEqual(['There is no "wind". There are: bg.']);
  const none = await changeTracks({ deed: 'pause' }, []);
  expect(none.outcome).toEqual(['Nothing is playing. /track play starts a sound.']);
});

const sounds = makeCatalog(
  makeLibrary('bell', 'nature/rain', 'city/rain', 'song', 'tin roof'),
);

const heard: Scripts = Object.fromEntries(
  [
    ['bell', 'bell'],
    ['the bell', 'bell'],
    ['roof', 'tin roof'],
  ].map(([sound, title]) => [
    `who asks for "${sound}" hears ${title}, which is theirs`,
    `
    with tools
    model: call play_sound {"sound":"${sound}"} || Well.
    adam asks: Play that.
    > told adam: answered Well., tool play_sound ran, writes track.playing (${title}) (main)
    3000 > answered Adam: Well.
    track main > ${title}
    eva skips > denied track main owner Adam vote votes 1 needed 2
    `,
  ]),
);

const noLink =
  '{"error":"The arguments do not fit. ✖ Links are not played. → at sound"}';

const refused: Scripts = Object.fromEntries(
  [
    ['{"sound":"https://sounds.example/song.mp3"}', 'refused', noLink],
    ['{"sound":"http://127.0.0.1/x"}', 'refused', noLink],
    ['{"sound":"file:///etc/passwd"}', 'refused', noLink],
    ['{"sound":"sounds.example/song.mp3"}', 'refused', noLink],
    [
      '{"sound":"thunder"}',
      'ran',
      '{"result":{"outcome":"There is no \\"thunder\\". There are: bell, nature/rain, city/rain, song, tin roof."}}',
    ],
    [
      '{"sound":"bell","track":"voice"}',
      'ran',
      '{"result":{"outcome":"voice is mine. Choose another track, say main."}}',
    ],
    [
      '{"sound":"bell","track":"all"}',
      'ran',
      '{"result":{"outcome":"all is mine. Choose another track, say main."}}',
    ],
    [
      '{"sound":"bell","track":"..."}',
      'ran',
      '{"result":{"outcome":"A track\'s name has 1 to 40 characters, and more than dots or spaces. Some emoji count as several characters."}}',
    ],
  ].map(([given, how, told = '']) => [
    `${given} plays nothing, and the model is told why`,
    `
    with tools
    model: call play_sound ${given} || Well.
    adam asks: Play that. > told adam: answered Well., tool play_sound ${how}
    3000 > answered Adam: Well.
    track main > nothing
    results${told.length > 85 ? '\n   ' : ''} > ${told}
    `,
  ]),
);

playScripts(
  {
    ...heard,
    'if two sounds fit, the bot asks which one, and plays the one that the model takes from the answer': `
    with tools
    model: call play_sound {"sound":"rain"} || Well.
    adam asks: Play rain.
    > told adam: answered Which one: nature rain, city rain?
    > tool play_sound ran
    > says track.which_of (nature rain, city rain)
    3000 > answered Adam: Which one: nature rain, city rain?
    track main > nothing
    model: call play_sound {"sound":"nature rain"} || Well.
    adam asks: The first one, please.
    > told adam: answered Well., tool play_sound ran, writes track.playing (nature/rain) (main)
    3000 > answered Adam: Well.
    track main > nature/rain
    `,
    ...refused,
  },
  { sounds },
);

const titledSounds = [
  { name: 'bell' },
  { name: 'music/01', title: 'An Ending' },
  { name: 'music/02', title: 'Ambre' },
  { name: 'nature/forest/birds' },
  { name: 'nature/rain', title: 'Rain on a tin roof' },
  { name: 'rain' },
  { name: 'Straßenbahn' },
  { name: '雨の音' },
  { name: 'été' },
];

test.each([
  ['bell', ['bell']],
  ['BELL!', ['bell']],
  ['birds', ['nature/forest/birds']],
  ['nature rain', ['nature/rain']],
  ['nature/rain', ['nature/rain']],
  ['tin roof', ['nature/rain']],
  ['an ending', ['music/01']],
  ['ete', ['été']],
  ['雨', ['雨の音']],
  ['rain', ['rain']],
  ['music', ['music/01', 'music/02']],
  ['nature', ['nature/forest/birds', 'nature/rain']],
  ['thunder', []],
  ['', []],
  ['?!', []],
  ['the bell', ['bell']],
  ['some birds please', ['nature/forest/birds']],
  ['the rain on a tin roof', ['nature/rain']],
])('%j means %j', (text, names) =>
  expect(matchSounds(text, titledSounds).map(({ name }) => name)).toEqual(names),
);
