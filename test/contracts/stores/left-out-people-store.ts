import { expect, test } from 'vitest';
import type { ConsentStore } from '#src/people/consent-store.ts';
import type { LeftOutPeopleStore } from '#src/people/left-out-people.ts';

export type OpenChoices = AsyncDisposable & {
  readonly leftOutPeople: LeftOutPeopleStore;
  readonly consents: Pick<ConsentStore, 'count' | 'erase'>;
};

/** An empty book that works, or one in trouble. */
export type OpenChoiceStore = (trouble?: 'unreadable' | 'unwritable') => Promise<OpenChoices>;

/** Contract of every store of people who are left out of captions. */
export function leftOutPeopleContract(name: string, open: OpenChoiceStore): void {
  test(`${name}: who wants to be left out of captions is so in that server, until they say otherwise`, async () => {
    await using opened = await open();
    const { leftOutPeople } = opened;
    expect(await leftOutPeople.readLeftOut('10')).toEqual(new Set());
    await leftOutPeople.leaveOut('10', '1', true);
    await leftOutPeople.leaveOut('10', '1', true);
    await leftOutPeople.leaveOut('10', '2', true);
    expect(await leftOutPeople.readLeftOut('10')).toEqual(new Set(['1', '2']));
    expect(await leftOutPeople.readLeftOut('20')).toEqual(new Set());
    await leftOutPeople.leaveOut('10', '1', false);
    expect(await leftOutPeople.readLeftOut('10')).toEqual(new Set(['2']));
  });

  test(`${name}: a forgotten person's choice about captions counts as one item and is gone`, async () => {
    await using opened = await open();
    const { leftOutPeople, consents } = opened;
    await leftOutPeople.leaveOut('10', '1', true);
    expect(await consents.count('10', '1')).toBe(1);
    expect(await consents.erase('10', '1')).toBe(1);
    expect(await leftOutPeople.readLeftOut('10')).toEqual(new Set());
  });

  test(`${name}: a book of choices that is in trouble says so`, async () => {
    await using unreadable = await open('unreadable');
    const reading = unreadable.leftOutPeople.readLeftOut('10');
    await expect(reading).rejects.toMatchObject({ code: 'store.unreadable' });
    await using unwritable = await open('unwritable');
    const writing = unwritable.leftOutPeople.leaveOut('10', '1', true);
    await expect(writing).rejects.toMatchObject({ code: 'store.unwritable' });
  });
}
