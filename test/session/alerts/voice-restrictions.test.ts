import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import {
  adam,
  den,
  germanPlaces,
  type House,
  lounge,
  openHouse,
  pass,
  talkative,
  words,
} from '#test/session/setup/session-fixture.ts';

async function called(over: Parameters<typeof openHouse>[0] = {}, people = [adam]): Promise<House> {
  const house = openHouse(over, people);
  await house.rooms.join(lounge, 'adam');
  await pass(house, 100);
  return house;
}

/** As discord does it: the link ends, and at the same time the reason is told. */
function move(house: House): void {
  house.door.link.lose(new BotError('link.lost', false, 'Somebody has moved the bot.'));
  house.rooms.news('g', { kind: 'moved', channelId: 'den' });
}

test('a bot that is muted or deafened says so, each time it happens, in the language of the server', async () => {
  const house = await called({ places: germanPlaces });
  house.rooms.news('g', { kind: 'muted', on: true });
  house.rooms.news('g', { kind: 'muted', on: true });
  await pass(house, 40_000);
  house.rooms.news('g', { kind: 'muted', on: false });
  house.rooms.news('g', { kind: 'muted', on: true });
  await pass(house, 40_000);
  house.rooms.news('g', { kind: 'deafened', on: true });
  expect(house.written.map((words) => words.split(/[;:]/)[0])).toEqual([
    'Ich bin hier stumm',
    'Ich bin hier stumm',
    'Ich bin hier taub geschaltet',
  ]);
});

test('while it is muted nothing is synthesised and nothing waits, and then it answers again', async () => {
  const house = await called();
  house.rooms.news('g', { kind: 'muted', on: true });
  await pass(house, 4_000, await words('human-goforward', adam, house.clock.nowMs()));
  expect(house.of('recognised')).toHaveLength(1);
  expect([house.chat.asked, house.synthesizer.asked]).toEqual([[], []]);
  expect(await house.talk.say('g', 'Hello.', 'now')).toEqual({ kind: 'muted' });
  const asking = house.talk.ask('g', 'Why?', { id: 'adam', name: 'Adam' }, 'voice');
  expect(await asking).toEqual({ kind: 'failed', line: { id: 'muted.server' } });
  house.rooms.news('g', { kind: 'muted', on: false });
  await pass(house, 6_000, await words('human-goforward', adam, house.clock.nowMs()));
  expect(house.of('answered')).toHaveLength(1);
});

test('a bot that is moved while it is muted knows that it still is', async () => {
  const house = await called();
  house.rooms.news('g', { kind: 'muted', on: true });
  move(house);
  await pass(house, 100);
  expect(house.rooms.at('g')).toEqual(den);
  expect(await house.talk.say('g', 'Hello.', 'now')).toEqual({ kind: 'muted' });
  house.rooms.news('g', { kind: 'muted', on: false });
  expect(await house.talk.say('g', 'Hello.', 'now')).toMatchObject({ kind: 'queued' });
});

test('a bot that may not speak makes no speech, and says so unless it is let speak at once', async () => {
  const house = await called();
  house.rooms.news('g', { kind: 'suppressed', on: true });
  expect(await house.talk.say('g', 'Hello.', 'now')).toEqual({ kind: 'muted' });
  await pass(house, 2900);
  house.rooms.news('g', { kind: 'suppressed', on: false });
  await pass(house, 200);
  expect(house.written).toEqual([]);
  house.rooms.news('g', { kind: 'suppressed', on: true });
  await pass(house, 3100);
  expect(house.written).toEqual([
    "I'm not allowed to speak here. Give my role Speak; on a stage, invite me to speak.",
  ]);
});

test('a bot that is muted before it comes in knows it', async () => {
  const house = openHouse({}, [adam]);
  const open = house.door.open.bind(house.door);
  house.door.open = (where, mayHear, signal) => {
    house.rooms.news('g', { kind: 'muted', on: true });
    return open(where, mayHear, signal);
  };
  await house.rooms.join(lounge, 'adam');
  expect(await house.talk.say('g', 'Hello.', 'now')).toEqual({ kind: 'muted' });
});

test('muted in the middle of an answer, it stops making it', async () => {
  const house = await called({ pipeline: talkative() });
  await pass(house, 4_000, await words('human-goforward', adam, house.clock.nowMs()));
  const { sent } = house.door.link;
  expect(sent).toBeGreaterThan(10);
  house.rooms.news('g', { kind: 'muted', on: true });
  await pass(house, 2_000);
  expect(house.door.link.sent - sent).toBeLessThanOrEqual(2);
  expect(house.of('answered')).toMatchObject([{ finish: 'cancelled' }]);
});
