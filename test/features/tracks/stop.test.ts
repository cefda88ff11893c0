import { expect, test } from 'vitest';
import { stop } from '#commands/stop.ts';
import type { TrackCaller } from '#src/features/tracks/track-outcomes.ts';
import { ports } from '#test/commands/ports.ts';
import { lounge, type SessionFixture } from '#test/conversation/setup/session-fixture.ts';
import {
  byAdam,
  byBen,
  byEva,
  openSetup,
  play,
  titles,
} from '#test/conversation/setup/tracks-fixture.ts';

const stopSounds = (
  fixture: SessionFixture,
  caller: TrackCaller,
  what: 'sounds' | 'everything',
) => {
  const { sessions } = fixture;
  const who = {
    guildId: 'g',
    callerId: caller.id,
    callerName: caller.name,
    mayManage: false,
    callerRoleIds: [],
  };
  const call = { ...who, callerLocale: 'en', callerChannel: lounge, words: { what } } as const;
  return stop.run(call, { ...ports(), sessions, features: sessions.features.ports });
};

test('/stop ends sounds alone, speech alone, or both', async () => {
  const fixture = await openSetup();
  await play(fixture, byAdam);
  await play(fixture, byAdam, { track: 'bg' });
  await play(fixture, byAdam, { track: 'bg', sound: 'sea' });
  expect(fixture.talk.stop('g')).toBe('nothing');
  expect(await stopSounds(fixture, byAdam, 'sounds')).toEqual([{ id: 'stop.ok', to: 'caller' }]);
  expect(fixture.tracks.change('g', byEva, { kind: 'skip' }, 'all')).toEqual([{ kind: 'silent' }]);
  const nothing = [{ id: 'stop.nothing', to: 'caller' }];
  expect(await stopSounds(fixture, byAdam, 'sounds')).toEqual(nothing);
  await play(fixture, byAdam);
  await fixture.talk.say('g', 'Hello there.', 'queue');
  expect(await stopSounds(fixture, byAdam, 'everything')).toMatchObject([{ id: 'stop.ok' }]);
  expect(await stopSounds(fixture, byAdam, 'everything')).toEqual(nothing);
});

test('/stop ends one’s own sounds, counts as a vote on those of others, and says which is which', async () => {
  const fixture = await openSetup();
  await play(fixture, byAdam);
  await play(fixture, byBen, { track: 'bg', sound: 'sea' });
  const outcome = {
    id: 'track.denied.on',
    with: { track: 'main', owner: 'Adam', votes: 1, needed: 2 },
  };
  const [reported, poll] = await stopSounds(fixture, byBen, 'sounds');
  expect(reported).toMatchObject({ id: 'stop.ok', to: 'caller' });
  expect(reported.lines).toHaveLength(2);
  expect(reported.lines).toEqual(
    expect.arrayContaining([outcome, { id: 'track.stopped', with: { track: 'bg', n: 0 } }]),
  );
  expect(poll).toMatchObject({
    ...outcome,
    to: 'room',
    buttons: [expect.stringMatching(/^track\.vote:/)],
  });
  expect([titles(fixture), titles(fixture, 'bg')]).toEqual([['rain'], [undefined]]);
  expect(await stopSounds(fixture, byBen, 'sounds')).toMatchObject([{ id: 'perm.dj' }, outcome]);
  expect(await stopSounds(fixture, byEva, 'sounds')).toEqual([{ id: 'stop.ok', to: 'caller' }]);
  expect(titles(fixture)).toEqual([undefined]);
});
