import { expect, test } from 'vitest';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import type { SpendingEntry, SpendingStore } from '#src/spending/spending-store.ts';

type OpenSpendingStore = () => Promise<
  AsyncDisposable & { readonly spending: SpendingStore }
>;

const spentEntry: SpendingEntry = {
  guildId: toGuildId('10'),
  day: '2026-11-20',
  nanoUsd: 4_500_000_001,
  turns: 2,
};
const anaEntry: SpendingEntry = { ...spentEntry, personId: toPersonId('1') };

/** Contract of every store of spending. */
export function testSpendingStore(name: string, open: OpenSpendingStore) {
  test(`${name}: what is added comes on top of what is there`, async () => {
    await using opened = await open();
    const { spending } = opened;
    await spending.add([spentEntry, anaEntry], spentEntry.day);
    await spending.add(
      [spentEntry, anaEntry, { ...spentEntry, guildId: toGuildId('20') }],
      spentEntry.day,
    );
    const twice = { nanoUsd: 9_000_000_002, turns: 4 };
    const found = sumEntries(await spending.read('2026-11-20'));
    expect([found.get('10'), found.get('10/1')]).toEqual([twice, twice]);
    expect(found.get('20')).toMatchObject({ turns: 2 });
  });

  test(`${name}: only the sums of the day that is asked for are read`, async () => {
    await using opened = await open();
    for (const day of ['2026-11-19', '2026-11-20', '2026-11-21'])
      await opened.spending.add(
        [
          { ...spentEntry, day },
          { ...anaEntry, day },
        ],
        day,
      );
    const found = await opened.spending.read('2026-11-20');
    expect(found.map(({ day }) => day)).toEqual(['2026-11-20', '2026-11-20']);
    expect(sumEntries(found).get('10/1')).toMatchObject({ turns: 2 });
  });

  test(`${name}: after a clock that was ahead once, people are counted as before`, async () => {
    await using opened = await open();
    const { spending } = opened;
    await spending.add([{ ...anaEntry, day: '2027-12-25' }], '2027-12-25');
    await spending.add([spentEntry, anaEntry], spentEntry.day);
    await spending.add([anaEntry], spentEntry.day);
    const found = sumEntries(await spending.read('2026-11-20'));
    expect([found.get('10')?.turns, found.get('10/1')?.turns]).toEqual([2, 4]);
  });
}

type EntrySum = Pick<SpendingEntry, 'nanoUsd' | 'turns'>;

function sumEntries(entries: readonly SpendingEntry[]) {
  const found = new Map<string, EntrySum>();
  for (const { guildId, personId, nanoUsd, turns } of entries) {
    const key = personId === undefined ? guildId : `${guildId}/${personId}`;
    const before = found.get(key) ?? { nanoUsd: 0, turns: 0 };
    found.set(key, { nanoUsd: before.nanoUsd + nanoUsd, turns: before.turns + turns });
  }
  return found;
}
