import { join } from 'node:path';
import { realClock } from '#src/base/clock.ts';
import { admitError } from '#src/base/logged-text.ts';
import type { Secret } from '#src/base/secret.ts';
import {
  openTranscriptStore,
  TranscriptStores,
} from '#src/features/captions/transcripts/transcript-stores.ts';
import { openConsentJournalFolder } from '#src/storage/data-dir/consent-journal.ts';
import { JournaledConsents } from '#src/storage/data-dir/journaled-consents.ts';
import { openDatabase } from '#src/storage/database.ts';
import { SqliteDriver, SqliteWorker } from '#src/storage/sqlite/sqlite-driver.ts';
import { StoreHealth } from '#src/storage/store-health.ts';
import {
  mainStore,
  type StoreKind,
  storePath,
  transcripts,
} from '#src/storage/store-kinds.ts';
import { memoryStorePart } from '#src/stores/memory-store.ts';
import { createStores, type Store, storeParts } from '#src/stores/store-parts.ts';
import type { BotOptions } from './bot-options.ts';

/** Each part of a store with the object that is open for it. */
export type OpenParts = readonly (readonly [part: object, open: unknown])[];

export interface OpenStores extends AsyncDisposable {
  readonly store: Store;
  readonly parts: OpenParts;
}

type StoreOptions = Pick<BotOptions, 'config' | 'onStore'>;

/**
 * Opens the store and the transcripts, in files or in PostgreSQL. Throws as
 * `openPostgresStore` does.
 */
export async function openStores(options: StoreOptions): Promise<OpenStores> {
  await using stack = new AsyncDisposableStack();
  const worker = stack.use(new SqliteWorker());
  const { databaseUrl } = options.config.storage;
  const opened = databaseUrl
    ? await openInDatabase(databaseUrl, options)
    : await openInFiles(options, worker);
  const mainStores = stack.use(createStores(opened.main));
  const journalFolder = join(options.config.storage.dataDir, 'unwritten');
  const consents = stack.use(
    new JournaledConsents(
      mainStores.consents,
      openConsentJournalFolder(journalFolder),
      realClock,
    ),
  );
  const store: Store = { ...mainStores, consents };
  const onDisk = openTranscriptStore(stack.use(opened.transcripts));
  const inMemory = openTranscriptStore(
    stack.use(openFile(worker, ':memory:', transcripts)),
  );
  const openParts: OpenParts = [
    ...Object.entries(storeParts).map(
      ([name, part]) => [part, Reflect.get(store, name)] as const,
    ),
    [TranscriptStores.key, new TranscriptStores(onDisk, inMemory)],
    [memoryStorePart, onDisk.memories],
  ];
  return Object.assign(stack.move(), {
    store,
    parts: openParts,
  });
}

async function openInDatabase(url: Secret, { onStore: report }: StoreOptions) {
  // Loaded only if it is used.
  const { openPostgresStore } = await import('#src/storage/postgres/keep-stores.ts');
  return await openPostgresStore({ url, clock: realClock, report });
}

async function openInFiles(
  {
    config: {
      storage: { dataDir },
    },
    onStore,
  }: StoreOptions,
  worker: SqliteWorker,
) {
  const mainHealth = new StoreHealth('store-unwritten', realClock, onStore);
  const health = new StoreHealth('transcripts-unwritten', realClock, (event) => {
    if (event.kind === 'alert') onStore(event);
    if (event.kind === 'refused')
      onStore({ kind: 'warning', message: admitError(event.error) });
  });
  const main = openFile(worker, storePath(dataDir), mainStore, mainHealth);
  const spoken = openFile(worker, storePath(dataDir, transcripts), transcripts, health);
  await Promise.all([main.open(), spoken.open()]);
  return { main, transcripts: spoken };
}

function openFile(
  worker: SqliteWorker,
  path: string,
  { sqlite }: StoreKind,
  health?: StoreHealth,
) {
  const driver = new SqliteDriver(path, sqlite, worker.openFile(path));
  return openDatabase({ driver, clock: realClock, health });
}
