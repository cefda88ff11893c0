import { expect, test } from 'vitest';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import type {
  PortionRequest,
  SpendingEntry,
  SpendingStore,
} from '#src/spending/spending-store.ts';

type OpenSpendingStore = () => Promise<
  AsyncDisposable & { readonly spending: SpendingStore }
>;

const spentEntry: SpendingEntry = {
  guildId: toGuildId('10'),
  day: '2026-11-20',
  nanoUsd: 4_500_000_001,
  turns: 2,
};

/** Adds entries without portions. */
export function addEntries(
  spending: SpendingStore,
  entries: readonly SpendingEntry[],
  day: string,
) {
  return spending.write({ day, entries, portions: [], capNanoUsd: 0 });
}

const anaEntry: SpendingEntry = { ...spentEntry, personId: toPersonId('1') };

/** Contract of every store of spending. */
export function testSpendingStore(name: string, open: OpenSpendingStore) {
  test(`${name}: what is added comes on top of what is there`, async () => {
    await using opened = await open();
    const { spending } = opened;
    await addEntries(spending, [spentEntry, anaEntry], spentEntry.day);
    await addEntries(
      spending,
      [spentEntry, anaEntry, { ...spentEntry, guildId: toGuildId('20') }],
      spentEntry.day,
    );
    const twice = { nanoUsd: 9_000_000_002, turns: 4 };
    const match = sumEntries(await spending.read('2026-11-20'));
    expect([match.get('10'), match.get('10/1')]).toEqual([twice, twice]);
    expect(match.get('20')).toMatchObject({ turns: 2 });
  });

  test(`${name}: only the sums of the day that is asked for are read`, async () => {
    await using opened = await open();
    for (const day of ['2026-11-19', '2026-11-20', '2026-11-21'])
      await addEntries(
        opened.spending,
        [
          { ...spentEntry, day },
          { ...anaEntry, day },
        ],
        day,
      );
    const entries = await opened.spending.read('2026-11-20');
    expect(entries.map(({ day }) => day)).toEqual(['2026-11-20', '2026-11-20']);
    expect(sumEntries(entries).get('10/1')).toMatchObject({ turns: 2 });
  });

  test(`${name}: after a clock that was ahead once, people are counted as before`, async () => {
    await using opened = await open();
    const { spending } = opened;
    await addEntries(spending, [{ ...anaEntry, day: '2027-12-25' }], '2027-12-25');
    await addEntries(spending, [spentEntry, anaEntry], spentEntry.day);
    await addEntries(spending, [anaEntry], spentEntry.day);
    const match = sumEntries(await spending.read('2026-11-20'));
    expect([match.get('10')?.turns, match.get('10/1')?.turns]).toEqual([2, 4]);
  });
}

type EntrySum = Pick<SpendingEntry, 'nanoUsd' | 'turns'>;

function sumEntries(entries: readonly SpendingEntry[]) {
  const match = new Map<string, EntrySum>();
  for (const { guildId, personId, nanoUsd, turns } of entries) {
    const key = personId === undefined ? guildId : `${guildId}/${personId}`;
    const entrySumBefore = match.get(key) ?? { nanoUsd: 0, turns: 0 };
    match.set(key, {
      nanoUsd: entrySumBefore.nanoUsd + nanoUsd,
      turns: entrySumBefore.turns + turns,
    });
  }
  return match;
}

type OpenRuns = () => Promise<
  AsyncDisposable & { readonly all: readonly { readonly spending: SpendingStore }[] }
>;

/** Contract of every store of portions. `open` opens two runs. */
export function testPortions(name: string, open: OpenRuns) {
  const day = '2026-11-20';
  const openTwo = async () => {
    const opened = await open();
    const [one, other] = opened.all.map(({ spending }) => spending);
    if (!one || !other) throw new Error('There are no two runs.');
    return { one, other, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
  };
  const askPortion = async (
    run: SpendingStore,
    nanoUsd: number,
    overrides: Partial<PortionRequest> = {},
    entries: readonly SpendingEntry[] = [],
  ) => {
    const request = {
      guildId: toGuildId('10'),
      day,
      usedNanoUsd: 0,
      nanoUsd,
      ...overrides,
    };
    const write = { day, entries, portions: [request], capNanoUsd: 100 };
    const { leftNanoUsd, portions, takenNanoUsd } = await run.write(write);
    return [portions[0]?.nanoUsd, takenNanoUsd, leftNanoUsd];
  };

  test(`${name}: portions and what is spent stay within the cap, whoever asks`, async () => {
    await using runs = await openTwo();
    const { one, other } = runs;
    expect(await askPortion(one, 30)).toEqual([30, 0, 70]);
    expect(await askPortion(other, 90, { guildId: toGuildId('20') })).toEqual([
      70, 30, 0,
    ]);
    const spent = { guildId: toGuildId('10'), day, nanoUsd: 20, turns: 0 };
    expect(await askPortion(one, 10, {}, [spent])).toEqual([10, 90, 0]);
    expect(
      await askPortion(other, 90, { guildId: toGuildId('20'), usedNanoUsd: 70 }),
    ).toEqual([70, 30, 0]);
    expect(await askPortion(one, 30)).toEqual([10, 90, 0]);
    expect(await askPortion(other, 0, { guildId: toGuildId('20') })).toEqual([
      0, 30, 70,
    ]);
  });

  test(`${name}: an open portion counts as spent for others, by server and person, until its day is over`, async () => {
    await using runs = await openTwo();
    const { one, other } = runs;
    await askPortion(one, 30);
    await askPortion(one, 7, { personId: toPersonId('1') });
    const match = sumEntries(await other.read(day));
    expect([match.get('10')?.nanoUsd, match.get('10/1')?.nanoUsd]).toEqual([30, 7]);
    expect(await one.read(day)).toEqual([]);
    await addEntries(other, [{ ...spentEntry, day: '2026-11-22' }], '2026-11-22');
    expect(await other.read(day)).toEqual([]);
  });
}
