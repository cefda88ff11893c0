import { expect, test } from 'vitest';
import {
  adam,
  eva,
  lounge,
  openHouse,
  pass,
  talkative,
  words,
} from '#test/session/setup/session-fixture.ts';

test('the panel shows who is there, who is heard, and what thinks, as soon as it has joined', async () => {
  const house = openHouse();
  await house.book.write('g', 'eva', { kind: 'never' });
  const bob = { id: 'bob', name: 'Bob', isBot: false, roleIds: [] };
  const radio = { id: 'radio', name: 'Radio', isBot: true, roleIds: [] };
  house.door.people.push(bob, radio);
  await house.rooms.join(lounge, 'adam');
  await pass(house, 20);
  expect(house.faces).toEqual([
    {
      state: { kind: 'listening' },
      people: [
        { name: 'Adam', heard: 'yes' },
        { name: 'Eva', heard: 'no' },
        { name: 'Bob', heard: 'unasked' },
      ],
      engine: 'built-in stand-in',
    },
  ]);
});

test('the panel follows a turn from hearing to speaking and says how fast it was', async () => {
  const house = openHouse();
  await house.rooms.join(lounge, 'adam');
  await pass(house, 5000, await words('human-cards-004', adam, 0));
  const states = house.faces.map(({ state }) => state);
  expect(states.filter(({ kind }) => kind !== 'thinking')).toEqual([
    { kind: 'listening' },
    { kind: 'hearing', name: 'Adam' },
    { kind: 'speaking', name: 'Adam' },
    { kind: 'listening' },
  ]);
  expect(house.faces.at(-1)?.lastAnswerMs).toBeGreaterThan(200);
});

test('the panel shows thinking until the first sound', async () => {
  const { release, pipeline } = held();
  const house = openHouse({ pipeline });
  await house.rooms.join(lounge, 'adam');
  void house.talk.ask('g', 'Hm?', { id: 'eva', name: 'Eva' }, 'voice');
  await pass(house, 300);
  expect(house.faces.at(-1)?.state).toEqual({ kind: 'thinking' });
  release();
  await pass(house, 300);
  expect(house.faces.at(-1)?.state).toEqual({ kind: 'speaking', name: 'Eva' });
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
  const house = openHouse();
  await house.rooms.join(lounge, 'adam');
  await house.talk.say('g', 'Dinner is ready.', 'queue');
  await pass(house, 300);
  expect(house.faces.at(-1)?.state).toEqual({ kind: 'speaking', name: 'Lounge' });
});

test('the panel shows a pause, a yes, who comes, and that it has left', async () => {
  const house = openHouse({}, [adam]);
  await house.rooms.join(lounge, 'adam');
  await pass(house, 200);
  house.hearing.pause('g');
  await pass(house, 200);
  expect(house.faces.at(-1)?.state).toEqual({ kind: 'paused' });
  house.hearing.resume('g');
  house.door.link.present.push(eva);
  await pass(house, 200);
  expect(house.faces.at(-1)?.people[1]).toEqual({ name: 'Eva', heard: 'unasked' });
  await house.privacy.allow('g', 'eva', 'today');
  await pass(house, 200);
  expect(house.faces.at(-1)?.people[1]).toEqual({ name: 'Eva', heard: 'yes' });
  await house.rooms.leave('g');
  expect(house.faces.at(-1)).toMatchObject({ state: { kind: 'left' }, people: [] });
});

test('who calls it where it sits already is shown as heard at once', async () => {
  const house = openHouse();
  await house.rooms.join(lounge, 'adam');
  await pass(house, 100);
  await house.rooms.join(lounge, 'eva');
  expect(house.faces.at(-1)?.people[1]).toEqual({ name: 'Eva', heard: 'yes' });
});

test('a panel is called for only when something has changed', async () => {
  const house = openHouse({}, [adam]);
  await house.rooms.join(lounge, 'adam');
  await pass(house, 10_000);
  expect(house.faces).toHaveLength(1);
});

test('alone for a minute it leaves and writes why', async () => {
  const house = openHouse({}, []);
  await house.rooms.join(lounge, 'adam');
  await pass(house, 61_000);
  expect(house.written).toEqual(['Everyone left, so I did too.']);
  expect(house.faces.at(-1)?.state).toEqual({ kind: 'left' });
});

test('whoever is heard for the first time reads so for five seconds, and only once', async () => {
  const house = openHouse({}, [adam]);
  await house.rooms.join(lounge, 'adam');
  await pass(house, 4000, await words('human-cards-004', adam, 0));
  expect(house.faces.find(({ state }) => state.kind === 'hearing')?.firstHeard).toEqual(['Adam']);
  expect(house.faces.at(-1)?.firstHeard).toEqual(['Adam']);
  await pass(house, 2000);
  expect(house.faces.at(-1)).not.toHaveProperty('firstHeard');
  const before = house.faces.length;
  await pass(house, 4000, await words('human-cards-004', adam, house.clock.nowMs()));
  expect(house.faces.length).toBeGreaterThan(before);
  for (const face of house.faces.slice(before)) expect(face).not.toHaveProperty('firstHeard');
});

test('whoever says no then is not named any more', async () => {
  const house = openHouse({}, [adam]);
  await house.rooms.join(lounge, 'adam');
  await pass(house, 2000, await words('human-cards-004', adam, 0));
  await house.privacy.deny('g', 'adam');
  await pass(house, 200);
  expect(house.faces.at(-1)).not.toHaveProperty('firstHeard');
});

test('whoever has pressed Ask reads that they may go ahead, until they talk or 15 s are over', async () => {
  const house = openHouse();
  await house.rooms.join(lounge, 'adam');
  await pass(house, 200);
  house.talk.openFloor('g', 'adam');
  await pass(house, 200);
  expect(house.faces.at(-1)).toMatchObject({ state: { kind: 'listening' }, asked: ['Adam'] });
  await pass(house, 15_000);
  expect(house.faces.at(-1)).not.toHaveProperty('asked');
  house.talk.openFloor('g', 'adam');
  await pass(house, 2500, await words('human-cards-004', adam, house.clock.nowMs()));
  const hearing = house.faces.find(({ state }) => state.kind === 'hearing');
  expect(hearing).toMatchObject({ state: { name: 'Adam' } });
  expect(hearing).not.toHaveProperty('asked');
});

test('a window is not shown while paused, nor to whoever has said no since', async () => {
  const house = openHouse();
  await house.rooms.join(lounge, 'adam');
  house.talk.openFloor('g', 'adam');
  house.hearing.pause('g');
  await pass(house, 200);
  expect(house.faces.at(-1)).not.toHaveProperty('asked');
  house.hearing.resume('g');
  await house.privacy.deny('g', 'adam');
  await pass(house, 200);
  expect(house.faces.at(-1)).not.toHaveProperty('asked');
});

const bob = { id: 'bob', name: 'Bob', isBot: false, roleIds: [] };

test('whoever comes into the room under ask is invited to say yes or no, once', async () => {
  const house = openHouse();
  await house.rooms.join(lounge, 'adam');
  await pass(house, 500);
  house.door.link.present.push(bob);
  await pass(house, 5000);
  expect(house.invited).toEqual(['bob']);
  house.door.people.push(bob);
  house.door.link.lose();
  await pass(house, 65_000);
  expect([house.door.links.length, house.invited]).toEqual([2, ['bob']]);
});

test.each([
  ['everybody is heard anyway', { policy: 'notice' }],
  ['a role decides', { policy: 'role', roleId: 'crew' }],
] as const)('where %s nobody is invited', async (_, consent) => {
  const house = openHouse({ consent });
  await house.rooms.join(lounge, 'adam');
  await pass(house, 500);
  house.door.link.present.push(bob);
  await pass(house, 5000);
  expect(house.invited).toEqual([]);
});

test('whoever has a standing yes or no is not invited', async () => {
  const house = openHouse({}, [adam]);
  await house.book.write('g', 'eva', { kind: 'always' });
  await house.book.write('g', 'bob', { kind: 'never' });
  await house.rooms.join(lounge, 'adam');
  await pass(house, 500);
  house.door.link.present.push(eva, bob);
  await pass(house, 5000);
  expect(house.invited).toEqual([]);
});
