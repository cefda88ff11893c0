import { expect, test } from 'vitest';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  pass,
  talkative,
  words,
} from '#test/conversation/setup/session-fixture.ts';

test('the panel shows who is there, who is heard, and what thinks, as soon as it has joined', async () => {
  const fixture = openSessionFixture();
  await fixture.consents.write('g', 'eva', { kind: 'never' });
  const bob = { id: 'bob', name: 'Bob', isBot: false, roleIds: [] };
  const radio = { id: 'radio', name: 'Radio', isBot: true, roleIds: [] };
  fixture.linkOpener.people.push(bob, radio);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 20);
  expect(fixture.faces).toEqual([
    {
      state: { kind: 'listening' },
      people: [{ name: 'Adam', heard: 'yes' }, { heard: 'no' }, { name: 'Bob', heard: 'unasked' }],
      captionsDays: 7,
      engine: 'built-in stand-in',
    },
  ]);
});

test('the panel follows a turn from hearing to speaking and says how fast it was', async () => {
  const fixture = openSessionFixture();
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 5000, await words('human-cards-004', adam, 0));
  const states = fixture.faces.map(({ state }) => state);
  expect(states.filter(({ kind }) => kind !== 'thinking')).toEqual([
    { kind: 'listening' },
    { kind: 'hearing', name: 'Adam' },
    { kind: 'speaking', name: 'Adam' },
    { kind: 'listening' },
  ]);
  expect(fixture.faces.at(-1)?.lastAnswerMs).toBeGreaterThan(200);
});

test('the panel shows thinking until the first sound', async () => {
  const { release, pipeline } = held();
  const fixture = openSessionFixture({ pipeline });
  await fixture.sessions.join(lounge, 'adam');
  void fixture.talk.ask('g', 'Hm?', { id: 'eva', name: 'Eva' }, 'voice');
  await pass(fixture, 300);
  expect(fixture.faces.at(-1)?.state).toEqual({ kind: 'thinking' });
  release();
  await pass(fixture, 300);
  expect(fixture.faces.at(-1)?.state).toEqual({ kind: 'speaking', name: 'Eva' });
});

/** Answers when released. */
function held() {
  const gate = Promise.withResolvers<void>();
  const answer = talkative();
  return {
    release: gate.resolve,
    pipeline: {
      async *answer(...turn: Parameters<typeof answer.answer>) {
        await gate.promise;
        yield* answer.answer(...turn);
      },
    },
  };
}

test('a text is read out to the whole channel', async () => {
  const fixture = openSessionFixture();
  await fixture.sessions.join(lounge, 'adam');
  await fixture.talk.say('g', 'Dinner is ready.', 'queue');
  await pass(fixture, 300);
  expect(fixture.faces.at(-1)?.state).toEqual({ kind: 'speaking', name: 'Lounge' });
});

test('the panel shows a pause, a yes, who comes, and that it has left', async () => {
  const fixture = openSessionFixture({}, [adam]);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 200);
  fixture.hearing.pause('g');
  await pass(fixture, 200);
  expect(fixture.faces.at(-1)?.state).toEqual({ kind: 'paused' });
  fixture.hearing.resume('g');
  fixture.linkOpener.link.present.push(eva);
  await pass(fixture, 200);
  expect(fixture.faces.at(-1)?.people[1]).toEqual({ name: 'Eva', heard: 'unasked' });
  await fixture.privacy.allow('g', 'eva');
  await pass(fixture, 200);
  expect(fixture.faces.at(-1)?.people[1]).toEqual({ name: 'Eva', heard: 'yes' });
  await fixture.sessions.leave('g');
  expect(fixture.faces.at(-1)).toMatchObject({ state: { kind: 'left' }, people: [] });
});

test('who calls it where it sits already is shown as heard at once', async () => {
  const fixture = openSessionFixture();
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 100);
  await fixture.sessions.join(lounge, 'eva');
  expect(fixture.faces.at(-1)?.people[1]).toEqual({ name: 'Eva', heard: 'yes' });
});

test('a panel is called for only when something has changed', async () => {
  const fixture = openSessionFixture({}, [adam]);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 10_000);
  expect(fixture.faces).toHaveLength(1);
});

test('alone for a minute it leaves and writes why', async () => {
  const fixture = openSessionFixture({}, []);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 61_000);
  expect(fixture.written).toEqual(['Everyone left, so I did too.']);
  expect(fixture.faces.at(-1)?.state).toEqual({ kind: 'left' });
});

test('whoever is heard for the first time reads so for five seconds, and only once', async () => {
  const fixture = openSessionFixture({}, [adam]);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 4000, await words('human-cards-004', adam, 0));
  expect(fixture.faces.find(({ state }) => state.kind === 'hearing')?.firstHeard).toEqual(['Adam']);
  expect(fixture.faces.at(-1)?.firstHeard).toEqual(['Adam']);
  await pass(fixture, 2000);
  expect(fixture.faces.at(-1)).not.toHaveProperty('firstHeard');
  const before = fixture.faces.length;
  await pass(fixture, 4000, await words('human-cards-004', adam, fixture.clock.nowMs()));
  expect(fixture.faces.length).toBeGreaterThan(before);
  for (const face of fixture.faces.slice(before)) expect(face).not.toHaveProperty('firstHeard');
});

test('whoever says no then is not named any more', async () => {
  const fixture = openSessionFixture({}, [adam]);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 2000, await words('human-cards-004', adam, 0));
  await fixture.privacy.deny('g', 'adam');
  await pass(fixture, 200);
  expect(fixture.faces.at(-1)).not.toHaveProperty('firstHeard');
});

test('whoever has pressed Ask reads that they may go ahead, until they talk or 15 s are over', async () => {
  const fixture = openSessionFixture();
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 200);
  fixture.talk.openAskWindow('g', 'adam');
  await pass(fixture, 200);
  expect(fixture.faces.at(-1)).toMatchObject({ state: { kind: 'listening' }, asked: ['Adam'] });
  await pass(fixture, 15_000);
  expect(fixture.faces.at(-1)).not.toHaveProperty('asked');
  fixture.talk.openAskWindow('g', 'adam');
  await pass(fixture, 2500, await words('human-cards-004', adam, fixture.clock.nowMs()));
  const hearing = fixture.faces.find(({ state }) => state.kind === 'hearing');
  expect(hearing).toMatchObject({ state: { name: 'Adam' } });
  expect(hearing).not.toHaveProperty('asked');
});

test('a window is not shown while paused, nor to whoever has said no since', async () => {
  const fixture = openSessionFixture();
  await fixture.sessions.join(lounge, 'adam');
  fixture.talk.openAskWindow('g', 'adam');
  fixture.hearing.pause('g');
  await pass(fixture, 200);
  expect(fixture.faces.at(-1)).not.toHaveProperty('asked');
  fixture.hearing.resume('g');
  await fixture.privacy.deny('g', 'adam');
  await pass(fixture, 200);
  expect(fixture.faces.at(-1)).not.toHaveProperty('asked');
});

const bob = { id: 'bob', name: 'Bob', isBot: false, roleIds: [] };

test('whoever comes into the channel under ask is invited to say yes or no, once', async () => {
  const fixture = openSessionFixture();
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 500);
  fixture.linkOpener.link.present.push(bob);
  await pass(fixture, 5000);
  expect(fixture.invited).toEqual(['bob']);
  fixture.linkOpener.people.push(bob);
  fixture.linkOpener.link.lose();
  await pass(fixture, 65_000);
  expect([fixture.linkOpener.links.length, fixture.invited]).toEqual([2, ['bob']]);
});

test.each([
  ['everybody is heard anyway', { policy: 'notice' }],
  ['a role decides', { policy: 'role', roleId: 'crew' }],
] as const)('where %s nobody is invited', async (_, consent) => {
  const fixture = openSessionFixture({ consent });
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 500);
  fixture.linkOpener.link.present.push(bob);
  await pass(fixture, 5000);
  expect(fixture.invited).toEqual([]);
});

test('whoever has a standing yes or no is not invited', async () => {
  const fixture = openSessionFixture({}, [adam]);
  await fixture.consents.write('g', 'eva', { kind: 'always' });
  await fixture.consents.write('g', 'bob', { kind: 'never' });
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 500);
  fixture.linkOpener.link.present.push(eva, bob);
  await pass(fixture, 5000);
  expect(fixture.invited).toEqual([]);
});

test('whoever speaks to nobody by name among others reads once that the bot needs its own', async () => {
  const fixture = openSessionFixture({ addressing: 'auto' });
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 3_000);
  const say = () => words('human-goforward', adam, fixture.clock.nowMs());
  await pass(fixture, 4_500, await say());
  expect(fixture.faces.at(-1)?.unnamed).toEqual([{ name: 'Adam', isLate: false }]);
  await pass(fixture, 10_000);
  expect(fixture.faces.at(-1)).not.toHaveProperty('unnamed');
  const before = fixture.faces.length;
  await pass(fixture, 10_000, await say());
  expect(fixture.faces.length).toBeGreaterThan(before);
  for (const face of fixture.faces.slice(before)) expect(face).not.toHaveProperty('unnamed');
});

test('the panel shows while somebody needs no name after an answer, and tells who speaks just after', async () => {
  const fixture = openSessionFixture({ addressing: 'auto' });
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 3_000);
  fixture.talk.openAskWindow('g', 'adam');
  await pass(fixture, 6_000, await words('human-goforward', adam, fixture.clock.nowMs()));
  const answered = () => fixture.faces.at(-1);
  await pass(fixture, 12_500);
  expect(fixture.of('answered')).toHaveLength(1);
  expect(answered()).not.toHaveProperty('asked');
  await pass(fixture, 4_500, await words('human-goforward', adam, fixture.clock.nowMs()));
  expect(answered()?.unnamed).toEqual([{ name: 'Adam', isLate: true }]);
});

test('alone nobody needs a name, and nobody reads of one', async () => {
  const fixture = openSessionFixture({ addressing: 'auto' }, [adam]);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 9_000, await words('human-goforward', adam, 0));
  expect(fixture.of('answered')).toHaveLength(1);
  for (const face of fixture.faces) {
    expect(face).not.toHaveProperty('unnamed');
    expect(face).not.toHaveProperty('asked');
  }
});
