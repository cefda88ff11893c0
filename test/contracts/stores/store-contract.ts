import { apiTokenStoreContract } from './api-token-store.ts';
import { consentStoreContract } from './consent-store.ts';
import type { OpenStore } from './open-store.ts';
import { personRowsContract } from './person-rows.ts';
import { reminderStoreContract } from './reminder-store.ts';
import { seatStoreContract } from './seat-store.ts';
import {
  guildStoreContract,
  leftOutPeopleContract,
  panelStoreContract,
  personSettingsContract,
  settingsStoreContract,
} from './server-stores.ts';
import { spendingStoreContract } from './spending-store.ts';
import { trackStoreContract } from './track-store.ts';

/** Contract of the store, part by part. */
export function storeContract(name: string, open: OpenStore): void {
  apiTokenStoreContract(name, open);
  leftOutPeopleContract(name, open);
  consentStoreContract(name, open);
  guildStoreContract(name, open);
  panelStoreContract(name, open);
  personRowsContract(name, open);
  personSettingsContract(name, open);
  reminderStoreContract(name, open);
  seatStoreContract(name, open);
  settingsStoreContract(name, open);
  spendingStoreContract(name, open);
  trackStoreContract(name, open);
}
