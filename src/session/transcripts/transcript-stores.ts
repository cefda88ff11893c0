import type {
  CaptionMessageStore,
  MemoryStore,
  PersonRecords,
  TranscriptEraser,
  TranscriptReader,
  TranscriptWriter,
} from '#src/captions/transcript-store.ts';

/** Where what was said is kept. */
export type TranscriptPorts = {
  readonly writer: TranscriptWriter;
  readonly reader: TranscriptReader;
  readonly eraser: TranscriptEraser;
  readonly records: PersonRecords;
  readonly messages: CaptionMessageStore;
  readonly memories: MemoryStore;
};

/** On disk, and, for servers that keep nothing, in memory alone. */
export type TranscriptStores = {
  readonly onDisk: TranscriptPorts;
  readonly inMemory: TranscriptPorts;
};

/** The store for a server that keeps captions for so many days. */
export function storeFor(stores: TranscriptStores, keptDays: number): TranscriptPorts {
  return keptDays === 0 ? stores.inMemory : stores.onDisk;
}

/** Both, the one on disk first. */
export function allStores({ onDisk, inMemory }: TranscriptStores): readonly TranscriptPorts[] {
  return [onDisk, inMemory];
}
