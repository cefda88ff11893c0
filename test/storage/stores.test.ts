import { DatabaseSync } from '#src/sql/sqlite.ts';
import { mainStore } from '#src/storage/store-kinds.ts';
import { type Store, sqlStores } from '#src/storage/stores/store-parts.ts';
import { apiTokenStoreContract } from '#test/contracts/stores/api-token-store.ts';
import { consentStoreContract } from '#test/contracts/stores/consent-store.ts';
import { personRowsContract } from '#test/contracts/stores/person-rows.ts';
import { reminderStoreContract } from '#test/contracts/stores/reminder-store.ts';
import { seatStoreContract } from '#test/contracts/stores/seat-store.ts';
import {
  guildStoreContract,
  leftOutPeopleContract,
  panelStoreContract,
  personSettingsContract,
  settingsStoreContract,
} from '#test/contracts/stores/server-stores.ts';
import { storeTroubleContract } from '#test/contracts/stores/store-trouble.ts';
import { trackStoreContract } from '#test/contracts/stores/track-store.ts';
import type { StoreTrouble } from '#test/fakes/memory-stores.ts';
import { openSqlite } from './files.ts';

async function openFile(trouble?: StoreTrouble) {
  await using resources = new AsyncDisposableStack();
  const { database, path } = await openSqlite(mainStore.sqlite, trouble, resources);
  const store = sqlStores(database);
  return { ...closing(store, resources.move()), pass: (ms: number) => ageSeats(path, ms) };
}

/** The instants at which seats were written are moved back. */
async function ageSeats(path: string, ms: number): Promise<void> {
  using sqlite = new DatabaseSync(path);
  sqlite.prepare('UPDATE seats SET alive_at_ms = alive_at_ms - ?').run(ms);
}

function closing(store: Store, resources: AsyncDisposable) {
  return {
    ...store,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await resources[Symbol.asyncDispose]();
    },
  };
}

apiTokenStoreContract('a file', openFile);
personRowsContract('a file', openFile);

leftOutPeopleContract('a file', openFile);
consentStoreContract('a file', openFile);
guildStoreContract('a file', openFile);
panelStoreContract('a file', openFile);
personSettingsContract('a file', openFile);
reminderStoreContract('a file', openFile);
seatStoreContract('a file', openFile);
settingsStoreContract('a file', openFile);
storeTroubleContract('a file', openFile);
trackStoreContract('a file', openFile);
