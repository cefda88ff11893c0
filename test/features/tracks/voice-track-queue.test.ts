import { expect, test } from 'vitest';
import type { TrackCaller } from '#src/features/tracks/track-outcomes.ts';
import { adam, eva, pass, type SessionFixture } from '#test/conversation/setup/session-fixture.ts';
import { ben, byAdam, byEva, manager, openSetup } from '#test/conversation/setup/tracks-fixture.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';

const long = 'A text that is read out for quite a while.';

/** Adam, Eva and Ben sit with the bot, whose texts take their time. */
async function openReading() {
  return await openSetup([adam, eva, ben], {
    addressing: 'off',
    synthesizer: new FakeSynthesizer({ pieces: 200 }),
  });
}

type SayOptions = Parameters<SessionFixture['talk']['say']>[3];

async function say(fixture: SessionFixture, words: string, by: TrackCaller, how: SayOptions = {}) {
  const owner = { id: by.id, name: by.name };
  const saying = await fixture.talk.say('g', words, 'queue', { owner, ...how });
  await pass(fixture, 100);
  return saying;
}

function voiceOf({ tracks }: SessionFixture) {
  return tracks.list('g')?.find(({ name }) => name === 'voice');
}

function skip({ tracks }: SessionFixture, by: TrackCaller) {
  return tracks.change('g', by, { kind: 'skip' }, 'voice');
}

test('one’s own is skipped one by one, and the next is said', async () => {
  const fixture = await openReading();
  await say(fixture, long, byAdam);
  await say(fixture, 'Second.', byAdam);
  await say(fixture, 'Third.', byEva);
  expect(skip(fixture, byAdam)).toMatchObject([{ kind: 'skipped', track: 'voice' }]);
  await pass(fixture, 200);
  expect(voiceOf(fixture)?.current).toMatchObject({ title: '“Second.”', owner: 'Adam' });
  expect(skip(fixture, byAdam)).toMatchObject([{ kind: 'skipped', title: '“Second.”' }]);
  await pass(fixture, 200);
  expect(voiceOf(fixture)).toMatchObject({ current: { title: '“Third.”' }, waiting: [] });
  expect(skip(fixture, byEva)).toEqual([{ kind: 'skipped', track: 'voice', title: '“Third.”' }]);
  await pass(fixture, 200);
  expect(skip(fixture, byEva)).toEqual([{ kind: 'empty', track: 'voice' }]);
});

test('what somebody else has said needs a DJ or more than half of those there', async () => {
  const fixture = await openReading();
  await say(fixture, long, byAdam);
  await say(fixture, 'Second.', byAdam);
  const remove = (by: TrackCaller) =>
    fixture.tracks.change('g', by, { kind: 'remove', item: '1' }, 'voice');
  const [denied] = skip(fixture, byEva);
  expect(denied).toMatchObject({
    kind: 'denied',
    track: 'voice',
    owner: 'Adam',
    vote: { votes: 1, needed: 2 },
  });
  expect(remove(byEva)).toMatchObject([{ kind: 'denied' }]);
  expect(voiceOf(fixture)?.waiting).toHaveLength(1);
  expect(skip(fixture, { id: 'ben', name: 'Ben', mayManage: false })).toMatchObject([
    { kind: 'skipped' },
  ]);
  await pass(fixture, 200);
  expect(skip(fixture, manager)).toMatchObject([{ kind: 'skipped', title: '“Second.”' }]);
});

test('all of it is stopped by whoever may change all of it', async () => {
  const fixture = await openReading();
  await say(fixture, long, byAdam);
  await say(fixture, 'Second.', byEva);
  const stop = (by: TrackCaller) => fixture.tracks.change('g', by, { kind: 'stop' }, 'voice');
  expect(stop(byAdam)).toMatchObject([{ kind: 'denied', owner: 'Eva' }]);
  expect(stop(manager)).toEqual([{ kind: 'changed', track: 'voice' }]);
  await pass(fixture, 200);
  expect(voiceOf(fixture)).toMatchObject({ waiting: [] });
  expect(stop(manager)).toEqual([{ kind: 'empty', track: 'voice' }]);
});
