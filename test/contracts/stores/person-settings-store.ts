import { expect, test } from 'vitest';
import type { ConsentStore } from '#src/people/consent-store.ts';
import type { PersonSettingsStore } from '#src/people/person-settings.ts';

export type OpenPersonSettings = AsyncDisposable & {
  readonly personSettings: PersonSettingsStore;
  readonly consents: Pick<ConsentStore, 'count' | 'erase'>;
};

/** An empty book that works, or one in trouble. */
export type OpenPersonSettingsStore = (
  trouble?: 'unreadable' | 'unwritable',
) => Promise<OpenPersonSettings>;

const all = { language: 'pt-BR', voice: 'marin', speed: 0.85, spokenName: '智 Dóra' } as const;

/** Contract of every store of personal settings. */
export function personSettingsContract(name: string, open: OpenPersonSettingsStore): void {
  test(`${name}: what a person has chosen holds in that server alone, until they choose otherwise`, async () => {
    await using opened = await open();
    const { personSettings } = opened;
    expect(await personSettings.read('10', '1')).toEqual({});
    await personSettings.write('10', '1', all);
    await personSettings.write('10', '2', { speed: 1.4 });
    expect(await personSettings.read('10', '1')).toEqual(all);
    expect(await personSettings.read('10', '2')).toEqual({ speed: 1.4 });
    expect(await personSettings.read('20', '1')).toEqual({});
    await personSettings.write('10', '1', { language: 'ja' });
    expect(await personSettings.read('10', '1')).toEqual({ language: 'ja' });
  });

  test(`${name}: who takes all their choices back leaves no item behind`, async () => {
    await using opened = await open();
    const { personSettings, consents } = opened;
    await personSettings.write('10', '1', all);
    await personSettings.write('10', '1', {});
    expect(await personSettings.read('10', '1')).toEqual({});
    expect(await consents.count('10', '1')).toBe(0);
  });

  test(`${name}: what a forgotten person had chosen counts as one item and is gone`, async () => {
    await using opened = await open();
    const { personSettings, consents } = opened;
    await personSettings.write('10', '1', all);
    await personSettings.write('10', '2', all);
    expect(await consents.count('10', '1')).toBe(1);
    expect(await consents.erase('10', '1')).toBe(1);
    expect(await personSettings.read('10', '1')).toEqual({});
    expect(await personSettings.read('10', '2')).toEqual(all);
  });

  test(`${name}: a book of people's choices that is in trouble says so`, async () => {
    await using unreadable = await open('unreadable');
    const reading = unreadable.personSettings.read('10', '1');
    await expect(reading).rejects.toMatchObject({ code: 'store.unreadable' });
    await using unwritable = await open('unwritable');
    const writing = unwritable.personSettings.write('10', '1', all);
    await expect(writing).rejects.toMatchObject({ code: 'store.unwritable' });
  });
}
