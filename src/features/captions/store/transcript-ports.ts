import type { Public } from '#src/base/public.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { MemoryStore } from '#src/features/memories/memory-store.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { StoreKey } from '#src/sql/store-part.ts';
import { captionMessageStore } from './caption-message-store.ts';
import { personRecords } from './person-records.ts';
import { transcriptEraser } from './transcript-eraser.ts';
import { transcriptReader } from './transcript-reader.ts';
import { transcriptWriter } from './transcript-writer.ts';

/** Where what was said is kept. */
export type TranscriptPorts = ReturnType<typeof transcriptPorts>;

/** Transcripts and memories in a database of the present format. */
export function transcriptPorts(database: StoreDatabase) {
  return {
    writer: transcriptWriter(database),
    reader: transcriptReader(database),
    eraser: transcriptEraser(database),
    records: personRecords(database),
    messages: captionMessageStore(database),
    memories: new MemoryStore(database) as Public<MemoryStore>,
  };
}

/** On disk, and, for servers that keep nothing, in memory alone. */
export class TranscriptStores {
  static readonly key = new StoreKey<TranscriptStores>('transcripts');
  readonly onDisk: TranscriptPorts;
  readonly inMemory: TranscriptPorts;

  constructor(onDisk: TranscriptPorts, inMemory: TranscriptPorts) {
    this.onDisk = onDisk;
    this.inMemory = inMemory;
  }

  /** Results of both, the one on disk first. Throws the first failure. */
  all<T>(work: (store: TranscriptPorts) => Promise<T>): Promise<readonly T[]> {
    return Promise.all([this.onDisk, this.inMemory].map(work));
  }

  /** Lists of both, one after the other. */
  async lists<T>(work: (store: TranscriptPorts) => Promise<readonly T[]>): Promise<readonly T[]> {
    return (await this.all(work)).flat();
  }

  /** Numbers of both, added up. */
  async sum(work: (store: TranscriptPorts) => Promise<number>): Promise<number> {
    return (await this.all(work)).reduce((sum, count) => sum + count, 0);
  }
}

/** Parts of a shard, and its transcripts. */
export type CaptionParts = SessionDependencies & { readonly transcripts: TranscriptStores };

/** The store for a server that keeps captions for so many days. */
export function storeFor(stores: TranscriptStores, keptDays: number): TranscriptPorts {
  return keptDays === 0 ? stores.inMemory : stores.onDisk;
}
