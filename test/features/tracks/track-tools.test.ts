import { toGuildId } from '#src/base/ids.ts';
import { tools } from '#src/features/features.ts';
import type { TrackCaller } from '#src/features/tracks/track-request-outcomes.ts';
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
