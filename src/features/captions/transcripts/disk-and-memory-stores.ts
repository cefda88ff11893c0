import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type { TranscriptPorts } from '#src/features/captions/store/transcript-ports.ts';
import { StoreKey } from '#src/sql/store-part.ts';

/** On disk, and, for servers that keep nothing, in memory alone. */
export class TranscriptStores {
  static readonly key = new StoreKey<TranscriptStores>('transcripts');
  readonly onDisk: TranscriptPorts;
  readonly inMemory: TranscriptPorts;

  constructor(onDisk: TranscriptPorts, inMemory: TranscriptPorts) {
    this.onDisk = onDisk;
    this.inMemory = inMemory;
  }
}

/** Parts of a shard, and its transcripts. */
export type CaptionParts = SessionDependencies & { readonly transcripts: TranscriptStores };

/** The store for a server that keeps captions for so many days. */
export function storeFor(stores: TranscriptStores, keptDays: number): TranscriptPorts {
  return keptDays === 0 ? stores.inMemory : stores.onDisk;
}

/** Both, the one on disk first. */
export function allStores({ onDisk, inMemory }: TranscriptStores): readonly TranscriptPorts[] {
  return [onDisk, inMemory];
}
