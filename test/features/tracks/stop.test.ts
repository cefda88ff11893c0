import { stop } from '#commands/stop.ts';
import type { TrackCaller } from '#src/features/tracks/track-request-outcomes.ts';
import { makePorts } from '#test/commands/command-ports.ts';
import {
  lounge,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import {
  byAdam,
  byBen,
  byEva,
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
  const who = {
    guildId: 'g',
    callerId: caller.id,
    callerName: caller.name,
    mayManage: false,
    callerRoleIds: [],
  };
  const call = {
    ...who,
    callerLocale: 'en',
    callerChannel: lounge,
    words: { what },
  } as const;
  return stop.run(call, { ...makePorts(), sessions, features });
};

test('all is every track with a sound, for each change but one that depends on the sound', async () => {
  const fixture = await openSetup();
  await playSound(fixture, byAdam);
  await playSound(fixture, byAdam, { track: 'bg' });
  const change = (command: Parameters<typeof fixture.tracks.change>[2]) =>
    fixture.tracks.change('g', byAdam, command, 'all').map(({ kind }) => kind);
  expect(change({ kind: 'volume', percent: 40 })).toEqual(['volume', 'volume']);
  for (const kind of ['pause', 'resume', 'mute', 'unmute'] as const)
    expect(change({ kind })).toEqual(['changed', 'changed']);
  expect(change({ kind: 'loop', on: true })).toEqual(['changed', 'changed']);
  expect(change({ kind: 'crossfade', ms: 1_000 })).toEqual(['changed', 'changed']);
  expect(change({ kind: 'seek', to: { kind: 'at', ms: 0 } })).toEqual(['unknown']);
  expect(change({ kind: 'remove', item: '1' })).toEqual(['unknown']);
  expect(change({ kind: 'stop' })).toEqual(['changed', 'changed']);
});

test('/stop ends sounds alone, speech alone, or both', async () => {
  const fixture = await openSetup();
  await playSound(fixture, byAdam);
  await playSound(fixture, byAdam, { track: 'bg' });
  await playSound(fixture, byAdam, { track: 'bg', sound: 'sea' });
  expect(fixture.talk.stopSpeaking('g')).toBe('nothing');
  expect(await stopSounds(fixture, byAdam, 'sounds')).toEqual([{ id: 'stop.ok' }]);
  expect(fixture.tracks.change('g', byEva, { kind: 'skip' }, 'all')).toEqual([
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
  expect(reported).toEqual({ id: 'stop.ok', lines: expect.anything() });
  expect(reported.lines).toHaveLength(2);
  expect(reported.lines).toEqual(
    expect.arrayContaining([
      outcome,
      { id: 'track.changed', with: { change: 'stop', what: 'sea (bg)' } },
    ]),
  );
  expect([listTitles(fixture), listTitles(fixture, 'bg')]).toEqual([
    ['rain'],
    [undefined],
  ]);
  expect(await stopSounds(fixture, byBen, 'sounds')).toEqual([
    { id: 'perm.dj', lines: [outcome] },
  ]);
});
