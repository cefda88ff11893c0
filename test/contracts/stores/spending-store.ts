import { expect, test } from 'vitest';
import type { SpendingEntry, SpendingStore } from '#src/spending/spending-store.ts';

type OpenSpendingStore = () => Promise<AsyncDisposable & { readonly spending: SpendingStore }>;

const spent: SpendingEntry = {
  guildId: '10',
  day: '2026-11-20',
  nanoUsd: 4_500_000_001,
  ms: 60_000,
  unpriced: 1,
  turns: 2,
};
const byAna: SpendingEntry = { ...spent, personId: '1' };

/** Contract of every store of spending. */
export function spendingStoreContract(name: string, open: OpenSpendingStore): void {
  test(`${name}: nobody has spent anything in a new book`, async () => {
    await using opened = await open();
    expect(await opened.spending.read('2026-11-20')).toEqual([]);
  });

  test(`${name}: what is added comes on top of what is there`, async () => {
    await using opened = await open();
    const { spending } = opened;
    await spending.add([spent, byAna]);
    await spending.add([spent, byAna, { ...spent, guildId: '20' }]);
    const twice = { nanoUsd: 9_000_000_002, ms: 120_000, unpriced: 2, turns: 4 };
    const found = sums(await spending.read('2026-11-20'));
    expect(found.get('10')).toEqual(twice);
    expect(found.get('10/1')).toEqual(twice);
    expect(found.get('20')).toMatchObject({ turns: 2 });
  });

  test(`${name}: of a server the month is read, of a person only the days that run in some time zone`, async () => {
    await using opened = await open();
    const { spending } = opened;
    for (const day of ['2026-10-31', '2026-11-01', '2026-11-20'])
      await spending.add([
        { ...spent, day },
        { ...byAna, day },
      ]);
    const found = sums(await spending.read('2026-11-20'));
    expect(found.get('10')).toMatchObject({ turns: 4 });
    expect(found.get('10/1')).toMatchObject({ turns: 2 });
    for (const [day, isRead] of [
      ['2026-11-18', false],
      ['2026-11-19', true],
      ['2026-11-22', true],
      ['2026-11-23', false],
    ] as const)
      expect(sums(await spending.read(day)).has('10/1'), day).toBe(isRead);
  });

  test(`${name}: what captions took is read of days that run, apart from what the server spent`, async () => {
    await using opened = await open();
    const { spending } = opened;
    const onCaptions: SpendingEntry = { ...spent, part: 'captions', turns: 0 };
    await spending.add([spent, onCaptions]);
    await spending.add([{ ...spent, day: '2026-11-21' }, onCaptions]);
    const found = (await spending.read('2026-11-20')).filter(({ part }) => part === 'captions');
    expect(sums(found).get('10')).toMatchObject({ nanoUsd: 9_000_000_002, ms: 120_000, turns: 0 });
    const others = (await spending.read('2026-11-20')).filter(({ part }) => part === undefined);
    expect(sums(others).get('10')).toMatchObject({ turns: 4 });
    const next = await spending.read('2026-11-23');
    expect(next.filter(({ part }) => part === 'captions')).toEqual([]);
  });

  test(`${name}: the beginning of a day that is not midnight UTC is read as it was first stored`, async () => {
    await using opened = await open();
    const { spending } = opened;
    const fromMs = Date.UTC(2026, 10, 19, 11);
    await spending.add([{ ...spent, fromMs }, byAna]);
    await spending.add([{ ...spent, fromMs }]);
    const found = await spending.read('2026-11-20');
    const ofServer = found.filter(({ personId }) => personId === undefined);
    expect(new Set(ofServer.map((one) => one.fromMs))).toEqual(new Set([fromMs]));
    expect(sums(found).get('10')).toMatchObject({ turns: 4 });
    expect(found.find(({ personId }) => personId === '1')?.fromMs).toBeUndefined();
  });

  test(`${name}: after a clock that was ahead once, people are counted as before`, async () => {
    await using opened = await open();
    const { spending } = opened;
    await spending.add([{ ...byAna, day: '2027-12-25' }]);
    await spending.add([spent, byAna]);
    await spending.add([byAna]);
    const found = sums(await spending.read('2026-11-20'));
    expect([found.get('10')?.turns, found.get('10/1')?.turns]).toEqual([2, 4]);
  });
}

type Sum = Pick<SpendingEntry, 'nanoUsd' | 'ms' | 'unpriced' | 'turns'>;

function sums(entries: readonly SpendingEntry[]): ReadonlyMap<string, Sum> {
  const found = new Map<string, Sum>();
  for (const { guildId, personId, nanoUsd, ms, unpriced, turns } of entries) {
    const key = personId === undefined ? guildId : `${guildId}/${personId}`;
    const before = found.get(key) ?? { nanoUsd: 0, ms: 0, unpriced: 0, turns: 0 };
    found.set(key, {
      nanoUsd: before.nanoUsd + nanoUsd,
      ms: before.ms + ms,
      unpriced: before.unpriced + unpriced,
      turns: before.turns + turns,
    });
  }
  return found;
}
