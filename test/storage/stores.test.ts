import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { realClock } from '#src/base/clock.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import type { Store } from '#src/storage/store.ts';
import { mainStore } from '#src/storage/stores/store-parts.ts';
import { SqliteWorker } from '#src/storage/thread/sqlite-worker.ts';
import { keepStore } from '#src/storage/thread/steady-store.ts';
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
import { heldByAnother, storeFolder } from './files.ts';

const impatient = { clock: realClock, patienceMs: 0 };
const deaf = () => undefined;

/** In a thread of its own. Unreadable as a damaged file, unwritable as one that another program holds. */
async function openFile(trouble?: StoreTrouble) {
  using resources = new DisposableStack();
  const { path } = resources.use(storeFolder());
  if (trouble === 'unreadable') {
    mkdirSync(dirname(path));
    writeFileSync(path, 'no database '.repeat(1000));
  }
  const store = await keepStore(
    mainStore,
    () => new SqliteWorker(impatient).open(mainStore, path),
    realClock,
    deaf,
  );
  if (trouble === 'unwritable') resources.use(heldByAnother(path));
  return { ...closing(store, resources.move()), pass: (ms: number) => ageSeats(path, ms) };
}

/** The thread of a store reads the clock of the machine: what its seats were written at is moved back instead. */
async function ageSeats(path: string, ms: number): Promise<void> {
  using sqlite = new DatabaseSync(path);
  sqlite.prepare('UPDATE seats SET alive_at_ms = alive_at_ms - ?').run(ms);
}

function closing(store: Store, resources: Disposable) {
  return {
    ...store,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      resources[Symbol.dispose]();
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
