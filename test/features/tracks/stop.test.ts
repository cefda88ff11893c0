import { stop } from '#commands/stop.ts';
import type { TrackCaller } from '#src/features/tracks/track-request-outcomes.ts';
import { inLounge, makePorts } from '#test/commands/command-ports.ts';
import type { SessionFixture } from '#test/conversation/setup/session-fixture.ts';
import {
  byAdam,
  byBen,
  byEva,
  changeTrack,
  listTitles,
  openSetup,
  playSound,
} from '#test/conversation/setup/tracks-fixture.ts';

const stopSounds = (
  fixture: SessionFixture,
  caller: TrackCaller,
  what: 'sounds' | 'everything',
) => {
  const { featurePorts: features, sessions } = fixture;
  const call = { ...inLounge, callerId: caller.id, callerName: caller.name };
  return stop.run({ ...call, words: { what } }, { ...makePorts(), sessions, features });
};

test('all is every track with a sound, for each change but one that depends on the sound', async () => {
  const fixture = await openSetup();
  await playSound(fixture, byAdam);
  await playSound(fixture, byAdam, { track: 'bg' });
  const change = (command: Parameters<typeof fixture.tracks.change>[2]) =>
    fixture.tracks.change('g', byAdam, command, 'all').map(({ kind }) => kind);
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

test('/stop ends sounds alone, speech alone, or both', async () => {
  const fixture = await openSetup();
  await playSound(fixture, byAdam);
  await playSound(fixture, byAdam, { track: 'bg' });
  await playSound(fixture, byAdam, { track: 'bg', sound: 'sea' });
  expect(fixture.talk.stopSpeaking('g')).toBe('nothing');
  expect(await stopSounds(fixture, byAdam, 'sounds')).toEqual([{ id: 'stop.ok' }]);
  expect(changeTrack(fixture, byEva, 'skip', 'all')).toEqual([
    { kind: 'empty', track: 'all' },
  ]);
  const nothing = [{ id: 'stop.nothing' }];
  expect(await stopSounds(fixture, byAdam, 'sounds')).toEqual(nothing);
  await playSound(fixture, byAdam);
  await fixture.talk.sayText('g', 'Hello there.', 'queue');
  expect(await stopSounds(fixture, byAdam, 'everything')).toMatchObject([
    { id: 'stop.ok' },
  ]);
  expect(await stopSounds(fixture, byAdam, 'everything')).toEqual(nothing);
});

test('/stop ends one’s own sounds, leaves those of others, and says which is which', async () => {
  const fixture = await openSetup();
  await playSound(fixture, byAdam);
  await playSound(fixture, byBen, { track: 'bg', sound: 'sea' });
  const outcome = { id: 'track.barred', with: { track: 'main', owner: 'Adam' } };
  const [reported] = await stopSounds(fixture, byBen, 'sounds');
  const stopped = { id: 'track.changed', with: { change: 'stop', what: 'sea (bg)' } };
  expect(reported).toEqual({ id: 'stop.ok', lines: expect.anything() });
  expect(new Set(reported.lines)).toEqual(new Set([outcome, stopped]));
  expect(listTitles(fixture)).toEqual(['rain']);
  expect(listTitles(fixture, 'bg')).toEqual([undefined]);
  expect(await stopSounds(fixture, byBen, 'sounds')).toEqual([
    { id: 'perm.dj', lines: [outcome] },
  ]);
});
