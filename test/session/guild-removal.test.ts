import { expect, test } from 'vitest';
import {
  adam,
  den,
  type House,
  lounge,
  openHouse,
  pass,
} from '#test/session/setup/session-fixture.ts';

const removed = { kind: 'guild-removed' } as const;
const always = { kind: 'always' } as const;

async function remembered(): Promise<House> {
  const house = openHouse({}, [adam]);
  await house.book.write('g', 'eva', always);
  await house.book.write('other', 'eva', always);
  await house.settings.set('g', 'addressing', 'name');
  return house;
}

const kept = async ({ book, settingsBook }: House) => [
  (await book.read('g')).size,
  (await settingsBook.read('g')).size,
];

test('once the bot is removed from a server nothing is kept of it, in the store and in memory', async () => {
  const house = await remembered();
  await house.rooms.join(lounge, 'adam');
  await pass(house, 100);
  house.rooms.news('g', removed);
  await house.clock.advance(3_000);
  expect(await kept(house)).toEqual([0, 0]);
  expect(await house.trackBook.read('g', 'lounge')).toEqual([]);
  expect(house.rooms.settings.isSet('g', 'addressing')).toBe(false);
  expect([house.forgotten, (await house.book.read('other')).size]).toEqual([['g'], 1]);
  expect(house.of('erased')).toHaveLength(1);
  const order = house.events.map(({ kind }) => kind);
  expect(order.indexOf('left')).toBeLessThan(order.indexOf('erased'));
  expect([house.clock.sleeping, house.written]).toEqual([0, []]);
});

test('a server that the bot sits nowhere in is erased, too', async () => {
  const house = await remembered();
  house.rooms.news('g', removed);
  await house.clock.advance(0);
  expect([await kept(house), house.of('erased')]).toEqual([[0, 0], [{ kind: 'erased', items: 2 }]]);
});

test('a store in trouble is asked to erase a server again, and the end of the bot ends that', async () => {
  const house = await remembered();
  house.guildBook.trouble = 'unwritable';
  house.rooms.news('g', removed);
  await house.clock.advance(4_000);
  expect(house.of('failed')).toMatchObject([{ stage: 'store', code: 'store.unwritable' }]);
  house.guildBook.trouble = undefined;
  await house.clock.advance(6_000);
  expect([await kept(house), house.of('erased').length]).toEqual([[0, 0], 1]);
  house.guildBook.trouble = 'unwritable';
  house.rooms.news('g', removed);
  await house.clock.advance(1_000);
  await house.rooms[Symbol.asyncDispose]();
  expect(house.clock.sleeping).toBe(0);
});

test('a store that stays in trouble is asked three times within a minute', async () => {
  const house = await remembered();
  house.guildBook.erase = () => new Promise(() => undefined);
  house.rooms.news('g', removed);
  await house.clock.advance(60_000);
  expect([house.of('failed').length, house.of('erased')]).toEqual([3, []]);
  expect(house.clock.sleeping).toBe(0);
});

test('whoever calls the bot back at once has a room that begins anew', async () => {
  const house = await remembered();
  await house.rooms.join(lounge, 'adam');
  house.rooms.news('g', removed);
  const joining = house.rooms.join(den, 'adam');
  await house.clock.advance(3_000);
  expect(await joining).toMatchObject({ kind: 'joined' });
  expect([await kept(house), house.rooms.at('g')]).toEqual([[0, 0], den]);
});
