import {
  openTranscriptStore,
  type TranscriptStore,
} from '#src/features/captions/transcripts/transcript-stores.ts';
import {
  type Database,
  type DatabaseOptions,
  openDatabase,
} from '#src/storage/database.ts';
import { SqliteDriver } from '#src/storage/sqlite/sqlite-driver.ts';
import {
  mainStore,
  type StoreKind,
  storePath,
  transcripts,
} from '#src/storage/store-kinds.ts';
import { createStores } from '#src/stores/store-parts.ts';

export type LocalTranscriptStore = TranscriptStore & AsyncDisposable;
type LocalStoreOptions = Omit<DatabaseOptions, 'driver'> & {
  readonly maxBytes?: number;
  /** Called with the text of each statement. */
  readonly onStatement?: (text: string) => void;
};

/** A file on this thread, once it is open, which may be full at a size. Errors: BotError `store.unreadable`. */
async function openStoreFile(
  { sqlite }: StoreKind,
  path: string,
  { maxBytes, onStatement, ...options }: LocalStoreOptions,
) {
  const driver = new SqliteDriver(path, sqlite);
  const connectBounded = async () => {
    const session = await driver.connect();
    const pages = Math.floor((maxBytes ?? 0) / 4_096);
    if (pages > 0) await session.perform(`PRAGMA max_page_count = ${pages}`, []);
    if (!onStatement) return session;
    const performNoted: typeof session.perform = (text, values) => {
      onStatement(text);
      return session.perform(text, values);
    };
    return { perform: performNoted, end: session.end };
  };
  const { dialect, place } = driver;
  const endDriver = () => driver[Symbol.asyncDispose]();
  const limited = {
    dialect,
    place,
    connect: connectBounded,
    [Symbol.asyncDispose]: endDriver,
  };
  const database = openDatabase({ driver: limited, ...options });
  await database.read(async () => undefined);
  return database;
}

export async function openLocalStore(path: string, options: LocalStoreOptions) {
  return createStores(await openStoreFile(mainStore, path, options));
}

export async function openLocalTranscripts(
  path: string,
  options: LocalStoreOptions,
): Promise<LocalTranscriptStore> {
  return toTranscriptStore(await openStoreFile(transcripts, path, options));
}

/** Transcripts in a database, which is closed with them. */
export function toTranscriptStore(database: Database): LocalTranscriptStore {
  return {
    ...openTranscriptStore(database),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

export function toTranscriptsPath(dataDir: string) {
  return storePath(dataDir, transcripts);
}
