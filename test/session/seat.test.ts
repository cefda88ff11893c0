import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { fineFacts } from '#test/fakes/channel-facts.ts';
import {
  adam,
  den,
  eva,
  type House,
  lounge,
  openHouse,
  pass,
  places,
  talkative,
  words,
} from '#test/session/setup/session-fixture.ts';

const speech = 'human-cards-004';
const moved = { kind: 'moved', channelId: 'den' } as const;
const removed = { kind: 'channel-removed', channelId: 'lounge' } as const;
const sentAway = new BotError('link.lost', false, 'Somebody has moved the bot.');

async function called(over: Parameters<typeof openHouse>[0] = {}, people = [adam]): Promise<House> {
  const house = openHouse(over, people);
  await house.rooms.join(lounge, 'adam');
  await pass(house, 100);
  return house;
}

/** As discord does it: the link ends, and at the same time the reason is told. */
function move(house: House): void {
  house.door.link.lose(sentAway);
  house.rooms.news('g', moved);
}

test('a bot that a moderator moves goes along, says so where it was, and knows what was said', async () => {
  const house = await called();
  await pass(house, 4000, await words(speech, adam, house.clock.nowMs()));
  move(house);
  await pass(house, 100);
  expect(house.rooms.at('g')).toEqual(den);
  expect([house.written, house.writtenIn]).toEqual([['Moved to Den.'], ['Lounge']]);
  expect(house.of('left')).toMatchObject([{ why: 'moved', channel: lounge }]);
  await pass(house, 4000, await words(speech, adam, house.clock.nowMs()));
  expect(house.chat.asked[1]?.messages).toHaveLength(4);
  const shown = house.faces.map(({ state }) => state.kind);
  expect(shown).toContain('reconnecting');
  expect(shown).not.toContain('left');
});

test('an answer in which the bot is moved ends there, and what was heard of it comes along', async () => {
  const house = await called({ pipeline: talkative() });
  const asking = house.talk.ask('g', 'Hello?', { id: 'adam', name: 'Adam' }, 'voice');
  await pass(house, 1000);
  const sentThere = house.door.link.sent;
  move(house);
  await pass(house, 3000);
  const [answered] = house.of('answered');
  expect([sentThere > 0, answered?.finish]).toEqual([true, 'cancelled']);
  expect(answered?.heardText).toMatch(/^la( la)*$/);
  await asking; // whoever typed it is not left waiting
  expect(house.rooms.session('g')?.context.memory.messages()).toEqual([
    { role: 'user', name: 'Adam', content: 'Hello?' },
    { role: 'assistant', content: answered?.heardText },
  ]);
  expect([house.rooms.at('g'), house.door.links.length, house.door.link.sent]).toEqual([den, 2, 0]);
});

test('a yes for the session comes along with the person, and is void without', async () => {
  const house = await called({}, [adam, eva]);
  await house.rooms.join(lounge, 'eva');
  house.door.people.splice(0, 2, eva);
  move(house);
  await pass(house, 100);
  house.door.link.present.push(adam);
  const from = house.clock.nowMs();
  const both = [await words(speech, adam, from), await words('human-goforward', eva, from)];
  await pass(house, 6000, both.flat());
  expect(house.of('recognised').map(({ name }) => name)).toEqual(['Eva']);
});

test('a no and a pause come along in any case', async () => {
  const house = await called({ consent: { policy: 'notice' } });
  await house.privacy.deny('g', 'eva');
  house.hearing.pause('g');
  move(house);
  await pass(house, 100);
  house.door.link.present.push(eva);
  await pass(house, 4000, await words(speech, adam, house.clock.nowMs()));
  expect(house.of('recognised')).toEqual([]);
  house.hearing.resume('g');
  await pass(house, 4000, await words(speech, eva, house.clock.nowMs()));
  expect(house.of('recognised')).toEqual([]);
});

test.each([
  ['it may not enter', { facts: () => ({ ...fineFacts, mayConnect: false }) }],
  ['it may not speak', { facts: () => ({ ...fineFacts, maySpeak: false }) }],
  ['nobody can talk', { facts: () => ({ ...fineFacts, isAfk: true }) }],
  ['there is no room', { facts: () => ({ ...fineFacts, limit: 2, members: 2 }) }],
  ['there is nothing any more', { channel: () => undefined }],
])('where %s it does not stay', async (_, over) => {
  const house = await called({ places: { ...places, ...over } });
  move(house);
  await pass(house, 100);
  expect([house.rooms.at('g'), house.door.asked, house.written]).toEqual([undefined, 1, []]);
  expect(house.faces.at(-1)?.state).toEqual({ kind: 'left' });
});

test('where it was put by somebody who may not enter it stays all the same', async () => {
  const facts = () => ({ ...fineFacts, callerMayEnter: false });
  const house = await called({ places: { ...places, facts } });
  move(house);
  await pass(house, 100);
  expect(house.rooms.at('g')).toEqual(den);
});

test('a new link that is lost on the way along is tried again', async () => {
  const house = await called();
  house.door.failures.push(new BotError('link.timeout', true, 'Late.'));
  move(house);
  await pass(house, 1500);
  expect([house.rooms.at('g'), house.door.links.length]).toEqual([den, 2]);
});

test('what cannot go along says that it gave up', async () => {
  const house = await called();
  house.door.failures.push(new BotError('link.refused', false, 'No.'));
  move(house);
  await pass(house, 100);
  expect(house.written).toEqual(['Discord keeps refusing. /join to try again.']);
  expect([house.rooms.at('g'), house.faces.at(-1)?.state.kind]).toEqual([undefined, 'left']);
});

test('being moved about ends in the last channel', async () => {
  const house = await called();
  move(house);
  house.rooms.news('g', { kind: 'moved', channelId: 'lounge' });
  await pass(house, 100);
  house.rooms.news('g', { kind: 'moved', channelId: 'lounge' });
  await pass(house, 100);
  expect(house.rooms.at('g')).toEqual(lounge);
});

/** As with Discord, opening a link takes some 300 ms. */
async function movedTwice(apartMs: number): Promise<House> {
  const attic = { guildId: 'g', channelId: 'attic', name: 'Attic' };
  const channel = (_: string, id: string) =>
    [lounge, den, attic].find((one) => one.channelId === id);
  const house = await called({ places: { ...places, channel } });
  const open = house.door.open.bind(house.door);
  house.door.open = async (where, mayHear, signal) => {
    await house.clock.sleep(300, signal);
    return await open(where, mayHear, signal);
  };
  move(house);
  await house.clock.advance(apartMs);
  house.rooms.news('g', { kind: 'moved', channelId: 'attic' });
  return house;
}

test.each([0, 50, 290])(
  'moved twice within %i ms it ends where it was put last, and nobody reads that Discord refuses',
  async (apartMs) => {
    const house = await movedTwice(apartMs);
    await house.clock.advance(40_000);
    expect(house.rooms.at('g')?.name).toBe('Attic');
    expect(house.written).toEqual(['Moved to Attic.']);
    expect(house.faces.at(-1)?.state.kind).toBe('listening');
  },
);

test.each([0, 50, 290])('sent away %i ms after a move it does not come first', async (ms) => {
  const house = await movedTwice(ms);
  const leaving = house.rooms.leave('g');
  await house.clock.advance(100);
  await leaving;
  await house.clock.advance(40_000);
  expect([house.rooms.at('g'), house.written]).toEqual([undefined, []]);
  expect(house.faces.at(-1)?.state.kind).toBe('left');
});

test('a channel that is deleted under the bot is told, whether the seat or the channel goes first', async () => {
  const first = await called();
  first.rooms.news('g', removed);
  await pass(first, 100);
  const second = await called();
  second.door.link.lose(sentAway);
  await pass(second, 100);
  second.rooms.news('g', removed);
  for (const { written, rooms: sessions, clock } of [first, second]) {
    expect([written, sessions.at('g')]).toEqual([
      ['The channel was removed, so I left.'],
      undefined,
    ]);
    expect(clock.sleeping).toBe(0);
  }
  expect(first.of('left')).toMatchObject([{ why: 'removed' }]);
});

test.each(['there', 'on its way', 'being moved'])(
  'a bot %s that is removed from the server ends what it does there, and writes nothing',
  async (where) => {
    const house = openHouse({}, [adam]);
    if (where === 'on its way')
      house.door.failures.push(new BotError('link.timeout', true, 'Late.'));
    await house.rooms.join(lounge, 'adam');
    if (where !== 'on its way') await pass(house, 100);
    if (where === 'being moved') move(house);
    house.rooms.news('g', { kind: 'guild-removed' });
    await house.clock.advance(40_000);
    expect([house.rooms.at('g'), house.written]).toEqual([undefined, []]);
    expect(house.clock.sleeping).toBe(0);
  },
);

test('another channel that is deleted concerns nobody', async () => {
  const house = await called();
  house.rooms.news('g', { kind: 'channel-removed', channelId: 'den' });
  expect([house.rooms.at('g'), house.written]).toEqual([lounge, []]);
});

test('no server reads more than one notice in 30 s, and nothing that is not true any more', async () => {
  const house = await called();
  house.rooms.news('g', { kind: 'deafened', on: true });
  house.rooms.news('g', { kind: 'muted', on: true });
  await pass(house, 29_000);
  expect(house.written).toHaveLength(1);
  house.rooms.news('g', { kind: 'deafened', on: false });
  house.rooms.news('g', { kind: 'deafened', on: true });
  house.rooms.news('g', { kind: 'muted', on: false });
  await pass(house, 2000);
  expect(house.written).toEqual(Array(2).fill("I'm deafened here; I can only play tracks."));
  house.rooms.news('g', { kind: 'muted', on: true });
  await house.rooms.leave('g');
  await house.clock.advance(60_000);
  expect([house.written.length, house.clock.sleeping]).toEqual([2, 0]);
});

test('servers do not wait for each other, and news of a server where it is not are nothing', async () => {
  const house = await called();
  await house.rooms.join({ ...lounge, guildId: 'h' }, 'adam');
  for (const guildId of ['g', 'h', 'i']) house.rooms.news(guildId, { kind: 'muted', on: true });
  house.rooms.news('i', moved);
  expect(house.written).toHaveLength(2);
});

test('a chat that takes nothing ends nothing, and the operator is told', async () => {
  const refuse = async () => {
    throw new BotError('discord.forbidden', false, 'No.');
  };
  const house = await called({ messages: { write: refuse, offer: refuse } });
  house.rooms.news('g', { kind: 'muted', on: true });
  await pass(house, 100);
  expect(house.of('failed')).toMatchObject([{ code: 'discord.forbidden' }]);
  expect(house.rooms.at('g')).toEqual(lounge);
});

test.each([
  ['no-view', "I can't see Lounge. Give my role View Channel there, then run /join again."],
  ['no-connect', "I can't enter Lounge. Give my role Connect there, then run /join again."],
] as const)(
  'a bot that may not be there any more (%s) leaves within 2 s and says so once',
  async (kind, words) => {
    const house = await called();
    house.rooms.news('g', { kind, channelId: 'den' });
    expect(house.rooms.at('g')).toEqual(lounge);
    for (let n = 0; n < 2; n++) house.rooms.news('g', { kind, channelId: 'lounge' });
    await pass(house, 2_000);
    expect([house.rooms.at('g'), house.door.link.closed]).toEqual([undefined, true]);
    expect(house.of('left')).toMatchObject([{ why: 'forbidden' }]);
    await house.clock.advance(60_000);
    expect([house.written, house.clock.sleeping]).toEqual([[words], 0]);
  },
);
