import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { TranscriptStores } from '#src/features/captions/transcripts/transcript-stores.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { openDatabase } from '#src/storage/database.ts';
import type { Migration } from '#src/storage/schema.ts';
import { SqliteDriver } from '#src/storage/sqlite/sqlite-driver.ts';
import { mainStore, transcripts } from '#src/storage/store-kinds.ts';
import { type StoreParts, storeParts, storeTables } from '#src/stores/store-parts.ts';
import { toTranscriptStore } from '#test/fakes/local-stores.ts';
import { VirtualClock } from './virtual-clock.ts';

/** Trouble of a store: it refuses writes, or reads as well, or never answers. */
export type StoreTrouble = 'unreadable' | 'unwritable' | 'hung';

const neverAborted = new Promise<never>(() => undefined);

/** Parts of a store in memory. Set `trouble` of one to make it fail from then on. */
export type MemoryStores = {
  readonly [Name in keyof StoreParts]: StoreParts[Name] & {
    trouble: StoreTrouble | undefined;
  };
};

/** Store of the bot as it is, in memory. */
export function openMemoryStores(clock: Clock = new VirtualClock()): MemoryStores {
  return openFailingStores(openInMemory(mainStore.sqlite, clock));
}

/** Store of the bot as it is, over a database that may be in trouble. */
export function openFailingStores(database: StoreDatabase): MemoryStores {
  const opened = Object.entries<StorePart<unknown>>(storeParts).map(([name, part]) => {
    const failing = makeFailingDatabase(database, () => open.trouble);
    const open = part.open(failing, storeTables) as { trouble?: StoreTrouble };
    return [name, open];
  });
  return Object.fromEntries(opened);
}

/** Stores of transcripts as they are, in memory. */
export function openMemoryTranscripts(clock: Clock) {
  const openTranscripts = () =>
    toTranscriptStore(openInMemory(transcripts.sqlite, clock));
  return new TranscriptStores(openTranscripts(), openTranscripts());
}

function openInMemory(format: readonly Migration[], clock: Clock) {
  return openDatabase({ driver: new SqliteDriver(':memory:', format), clock });
}

/** The database as it is, unless a part of the store is in trouble. */
function makeFailingDatabase(
  database: StoreDatabase,
  trouble: () => StoreTrouble | undefined,
): StoreDatabase {
  const writeUnlessFull = async <T>(work: () => Promise<T>): Promise<T> => {
    const message = 'There is no room left: free space on the disk.';
    if (trouble() === 'hung') return await neverAborted;
    if (trouble()) throw new BotError('store.unwritable', true, message);
    return await work();
  };
  const readUnlessDamaged = async <T>(work: () => Promise<T>): Promise<T> => {
    const message = 'The store is damaged: restore a backup.';
    if (trouble() === 'hung') return await neverAborted;
    if (trouble() === 'unreadable')
      throw new BotError('store.unreadable', false, message);
    return await work();
  };
  return {
    dialect: database.dialect,
    place: database.place,
    read: (work) => readUnlessDamaged(() => database.read(work)),
    write: (work) => writeUnlessFull(() => database.write(work)),
    erase: (...erasing) => writeUnlessFull(() => database.erase(...erasing)),
    overwriteErased: (leaves) =>
      writeUnlessFull(() => database.overwriteErased(leaves)),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}
