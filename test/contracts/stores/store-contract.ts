import { testApiTokenStore } from './api-token-store-contract.ts';
import { testConsentStore } from './consent-store-contract.ts';
import { testHearingStore } from './hearing-store-contract.ts';
import type { OpenStore } from './open-store.ts';
import { testPersonRows } from './person-rows-contract.ts';
import { testReminderStore } from './reminder-store-contract.ts';
import { testSeatStore } from './seat-store-contract.ts';
import {
  testGuildStore,
  testLeftOutPeople,
  testPanelStore,
  testPersonSettings,
  testSettingsStore,
} from './server-stores-contract.ts';
import { testSoundStore, testTrackStore } from './sound-store-contract.ts';
import { testSpendingStore } from './spending-store-contract.ts';

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
