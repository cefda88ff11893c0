import { expect, test } from 'vitest';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { storeTables } from '#src/stores/store-parts.ts';
import { testApiTokenStore } from '#test/contracts/stores/api-token-store-contract.ts';
import { testConsentStore } from '#test/contracts/stores/consent-store-contract.ts';
import { testHearingStore } from '#test/contracts/stores/hearing-store-contract.ts';
import type { OpenStore } from '#test/contracts/stores/open-store.ts';
import { testReminderStore } from '#test/contracts/stores/reminder-store-contract.ts';
import { testSeatStore } from '#test/contracts/stores/seat-store-contract.ts';
import {
  testGuildStore,
  testLeftOutPeople,
  testPanelStore,
  testPersonSettings,
  testSettingsStore,
} from '#test/contracts/stores/server-stores-contract.ts';
import {
  testSoundStore,
  testTrackStore,
} from '#test/contracts/stores/sound-store-contract.ts';
import { testSpendingStore } from '#test/contracts/stores/spending-store-contract.ts';
import { admitPersonErasure } from '#test/fakes/admitted-erasures.ts';
import { ana, dora, guildId, reminder, writeMain } from '#test/storage/stored-rows.ts';

/** Contract of the store, part by part. */
export function testStore(name: string, open: OpenStore) {
  testApiTokenStore(name, open);
  testLeftOutPeople(name, open);
  testConsentStore(name, open);
  testGuildStore(name, open);
  testHearingStore(name, open);
  testPanelStore(name, open);
  testPersonRows(name, open);
  testPersonSettings(name, open);
  testReminderStore(name, open);
  testSeatStore(name, open);
  testSettingsStore(name, open);
  testSoundStore(name, open);
  testSpendingStore(name, open);
  testTrackStore(name, open);
}

/** Contract of every store for all rows about a person. */
function testPersonRows(name: string, open: OpenStore) {
  test(`${name}: rows of every table about persons are exported, counted and forgotten`, async () => {
    await using store = await open();
    await writeMain(store);
    const { consents } = store;
    const records = storeTables.filter(({ person }) => person.length > 0);
    const names = records.map((table) => table.name);
    const ofAna = await consents.listRows(toGuildId(guildId), ana);
    const ofDora = await consents.listRows(toGuildId(guildId), toPersonId(dora));
    expect(Object.keys(ofAna).toSorted()).toEqual(names.toSorted());
    for (const table of names) {
      const rows = [...(ofAna[table] ?? []), ...(ofDora[table] ?? [])];
      expect(rows, table).not.toEqual([]);
      for (const { personId, ...row } of rows) {
        expect([ana, dora], table).toContain(personId);
        expect(row, table).toMatchObject({ guildId });
      }
    }
    const { message, ...own } = reminder;
    expect(ofAna.reminders).toEqual([{ ...own, ...message, number: 1 }]);
    const count = Object.values(ofAna).flat().length;
    expect(await consents.countItems(toGuildId(guildId), ana)).toBe(count);
    expect(
      await consents.erasePerson(admitPersonErasure(toGuildId(guildId), ana)),
    ).toBe(count - 1);
    const { consents: word, ...others } = await consents.listRows(
      toGuildId(guildId),
      ana,
    );
    expect(word).toEqual(ofAna.consents);
    expect(Object.values(others).flat()).toEqual([]);
    expect(await consents.listRows(toGuildId(guildId), toPersonId(dora))).toEqual(
      ofDora,
    );
  });
}
