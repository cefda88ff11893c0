import {
  type TranscriptPorts,
  transcriptPorts,
} from '#src/features/captions/store/transcript-ports.ts';
import { type Database, type DatabaseOptions, sqlDatabase } from '#src/storage/database.ts';
import { sqliteDriver } from '#src/storage/sqlite/sqlite-driver.ts';
import { mainStore, type StoreKind, storePath, transcripts } from '#src/storage/store-kinds.ts';
import { type Store, sqlStores } from '#src/storage/stores/store-parts.ts';

export type TranscriptStore = TranscriptPorts & AsyncDisposable;
type Options = Omit<DatabaseOptions, 'driver'> & { readonly maxBytes?: number };

/** A file on this thread, once it is open, which may be full at a size. Errors: BotError `store.unreadable`. */
async function openFile({ sqlite }: StoreKind, path: string, { maxBytes, ...options }: Options) {
  const driver = sqliteDriver(path, sqlite);
  const connect = async () => {
    const session = await driver.connect();
    const pages = Math.floor((maxBytes ?? 0) / 4_096);
    if (pages > 0) await session.perform(`PRAGMA max_page_count = ${pages}`, []);
    return session;
  };
  const database = sqlDatabase({ driver: { ...driver, connect }, ...options });
  await database.read(async () => undefined);
  return database;
}

export async function openLocalStore(path: string, options: Options): Promise<Store> {
  return sqlStores(await openFile(mainStore, path, options));
}

export async function openLocalTranscripts(
  path: string,
  options: Options,
): Promise<TranscriptStore> {
  return transcriptStore(await openFile(transcripts, path, options));
}

/** Transcripts in a database, which is closed with them. */
export function transcriptStore(database: Database): TranscriptStore {
  return {
    ...transcriptPorts(database),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

export function transcriptsPath(dataDir: string): string {
  return storePath(dataDir, transcripts);
}
