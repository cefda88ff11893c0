import { realClock } from '#src/base/clock.ts';
import type { Secret } from '#src/base/secret.ts';
import {
  TranscriptStores,
  transcriptPorts,
} from '#src/features/captions/store/transcript-ports.ts';
import { memoryStore } from '#src/features/memories/memory-store.ts';
import { type Database, sqlDatabase } from '#src/storage/database.ts';
import type { StoreDatabases } from '#src/storage/postgres/keep-stores.ts';
import { sqliteDriver } from '#src/storage/sqlite/sqlite-driver.ts';
import { sqliteWorker } from '#src/storage/sqlite/sqlite-worker.ts';
import { type StoreHealth, storeHealth } from '#src/storage/store-health.ts';
import { mainStore, type StoreKind, storePath, transcripts } from '#src/storage/store-kinds.ts';
import { type Store, sqlStores, storeParts } from '#src/storage/stores/store-parts.ts';
import type { BotOptions } from './bot-options.ts';

/** Declared parts of a store, each with what is open of it. */
export type OpenParts = readonly (readonly [part: object, open: unknown])[];

type OpenStores = { readonly store: Store; readonly parts: OpenParts } & AsyncDisposable;
type StoreOptions = Pick<BotOptions, 'config' | 'onStore'>;

/**
 * Opens the store and the transcripts: files, whose trouble stops no conversation, or PostgreSQL, which is to be there at the start.
 *
 * Errors: of PostgreSQL, as `openPostgresStore`.
 */
export async function openStores(options: StoreOptions): Promise<OpenStores> {
  await using stack = new AsyncDisposableStack();
  const worker = stack.use(sqliteWorker());
  const { databaseUrl } = options.config;
  const opened = databaseUrl
    ? await inDatabase(databaseUrl, options)
    : await inFiles(options, worker);
  const store = stack.use(sqlStores(opened.main));
  const onDisk = transcriptPorts(stack.use(opened.transcripts));
  const inMemory = transcriptPorts(stack.use(fileOf(worker, ':memory:', transcripts)));
  const closing = stack.move();
  return {
    store,
    parts: [
      ...Object.entries(storeParts).map(
        ([name, part]) => [part, Reflect.get(store, name)] as const,
      ),
      [TranscriptStores.key, new TranscriptStores(onDisk, inMemory)],
      [memoryStore, onDisk.memories],
    ],
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

async function inDatabase(url: Secret, { onStore: report }: StoreOptions): Promise<StoreDatabases> {
  // Nothing of it is loaded where it is not used.
  const { openPostgresStore } = await import('#src/storage/postgres/keep-stores.ts');
  return await openPostgresStore({ url, clock: realClock, report });
}

async function inFiles(
  { config: { dataDir }, onStore }: StoreOptions,
  worker: ReturnType<typeof sqliteWorker>,
): Promise<StoreDatabases> {
  const mainHealth = storeHealth('store-unwritten', realClock, onStore);
  const health = storeHealth('transcripts-unwritten', realClock, (event) => {
    if (event.kind === 'alert') onStore(event);
    if (event.kind === 'refused') onStore({ kind: 'warning', message: event.error.message });
  });
  const main = fileOf(worker, storePath(dataDir), mainStore, mainHealth);
  const spoken = fileOf(worker, storePath(dataDir, transcripts), transcripts, health);
  await Promise.all([main.open(), spoken.open()]);
  return { main, transcripts: spoken };
}

function fileOf(
  worker: ReturnType<typeof sqliteWorker>,
  path: string,
  { sqlite }: StoreKind,
  health?: StoreHealth,
): Database {
  const driver = sqliteDriver(path, sqlite, worker.file(path));
  return sqlDatabase({ driver, clock: realClock, health });
}
