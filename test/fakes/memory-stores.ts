import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { TranscriptStores } from '#src/features/captions/store/transcript-ports.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { sqlDatabase } from '#src/storage/database.ts';
import type { Migration } from '#src/storage/schema.ts';
import { sqliteDriver } from '#src/storage/sqlite/sqlite-driver.ts';
import { mainStore, transcripts } from '#src/storage/store-kinds.ts';
import { type StoreParts, storeParts, storeTables } from '#src/storage/stores/store-parts.ts';
import { transcriptStore } from '#test/fakes/local-stores.ts';
import { VirtualClock } from './clock.ts';

/** Trouble of a store: it refuses writes, or reads as well, or never answers. */
export type StoreTrouble = 'unreadable' | 'unwritable' | 'hung';

const never = new Promise<never>(() => undefined);

/** Parts of a store in memory. Set `trouble` of one to make it fail from then on. */
export type MemoryStores = {
  readonly [Name in keyof StoreParts]: StoreParts[Name] & { trouble: StoreTrouble | undefined };
};

/** Store of the bot as it is, in memory. */
export function memoryStores(clock: Clock = new VirtualClock()): MemoryStores {
  const database = inMemory(mainStore.sqlite, clock);
  const opened = Object.entries<StorePart<unknown>>(storeParts).map(([name, part]) => {
    const failing = failingDatabase(database, () => open.trouble);
    const open = part.open(failing, storeTables) as { trouble?: StoreTrouble };
    return [name, open];
  });
  return Object.fromEntries(opened);
}

/** Stores of transcripts as they are, in memory. */
export function memoryTranscripts(clock: Clock): TranscriptStores {
  const open = () => transcriptStore(inMemory(transcripts.sqlite, clock));
  return new TranscriptStores(open(), open());
}

function inMemory(format: readonly Migration[], clock: Clock) {
  return sqlDatabase({ driver: sqliteDriver(':memory:', format), clock });
}

/** The database as it is, unless a part of the store is in trouble. */
function failingDatabase(
  database: StoreDatabase,
  trouble: () => StoreTrouble | undefined,
): StoreDatabase {
  const write = async <T>(work: () => Promise<T>): Promise<T> => {
    const message = 'There is no room left: free space on the disk.';
    if (trouble() === 'hung') return await never;
    if (trouble()) throw new BotError('store.unwritable', true, message);
    return await work();
  };
  const read = async <T>(work: () => Promise<T>): Promise<T> => {
    const message = 'The store is damaged: restore a backup.';
    if (trouble() === 'hung') return await never;
    if (trouble() === 'unreadable') throw new BotError('store.unreadable', false, message);
    return await work();
  };
  return {
    dialect: database.dialect,
    place: database.place,
    read: (work) => read(() => database.read(work)),
    write: (work) => write(() => database.write(work)),
    emptyLog: () => database.emptyLog(),
    scrub: () => database.scrub(),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}
