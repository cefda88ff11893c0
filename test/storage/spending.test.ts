import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { openLocalStore } from '#src/storage/local-store.ts';
import { spendingStoreContract } from '#test/contracts/stores/spending-store.ts';
import { MemorySpending } from '#test/fakes/spending.ts';
import { everyByte, storeFolder } from './files.ts';

spendingStoreContract('a store in memory', () => openLocalStore(':memory:', { clock: realClock }));
spendingStoreContract('the fake book', async () => ({
  spending: new MemorySpending(),
  async [Symbol.asyncDispose]() {},
}));

const person = '987654321987654321';
const entry = {
  guildId: '10',
  day: '2026-11-20',
  nanoUsd: 5,
  turns: 1,
};

test('what was spent survives a restart', async () => {
  using place = storeFolder();
  {
    await using store = await openLocalStore(place.path, { clock: realClock });
    await store.spending.add([entry, { ...entry, personId: person }]);
  }
  await using store = await openLocalStore(place.path, { clock: realClock });
  expect(await store.spending.read('2026-11-20')).toEqual([entry, { ...entry, personId: person }]);
});

test('a forgotten person leaves no byte of what they spent, and the server has spent it all the same', async () => {
  using place = storeFolder();
  await using store = await openLocalStore(place.path, { clock: realClock });
  await store.spending.add([entry, { ...entry, personId: person }]);
  expect(await store.consents.count('10', person)).toBe(1);
  expect(await store.consents.erase('10', person)).toBe(1);
  expect(await store.spending.read('2026-11-20')).toEqual([entry]);
  for (const bytes of everyByte(place.folder).values())
    expect(bytes.includes(Buffer.from(person))).toBe(false);
});

test('of what people spent only the days around the last one stay, whatever the clock once said', async () => {
  using place = storeFolder();
  await using store = await openLocalStore(place.path, { clock: realClock });
  for (const day of ['2026-10-01', '2027-12-25', '2026-11-19', '2026-11-20'])
    await store.spending.add([{ ...entry, personId: person, day }]);
  expect(await store.consents.count('10', person)).toBe(2);
});

test('what a removed server spent stays until its day is over, and of its people nothing', async () => {
  using place = storeFolder();
  await using store = await openLocalStore(place.path, { clock: realClock });
  const [gone, other] = ['123456789123456789', '223456789123456789'];
  for (const guildId of [gone, other]) {
    const theirs = { ...entry, guildId };
    await store.spending.add([theirs, { ...theirs, personId: person }]);
  }
  await store.guilds.erase(gone, '2026-11-20');
  const all = () => store.spending.read('2026-11-20');
  expect((await all()).filter(({ guildId }) => guildId === gone)).toEqual([
    { ...entry, guildId: gone },
  ]);
  await store.spending.add([{ ...entry, guildId: other, day: '2026-11-22' }]);
  await store.consents.erase(other, person);
  for (const bytes of everyByte(place.folder).values())
    expect(bytes.includes(Buffer.from(gone))).toBe(false);
});
