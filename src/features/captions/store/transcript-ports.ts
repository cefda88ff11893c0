import type { Clock } from '#src/base/clock.ts';
import type { Public } from '#src/base/public.ts';
import { MemoryStore } from '#src/features/memories/memory-store.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { TranscriptEraser, type WriteErasure } from './eraser.ts';
import { CaptionMessageStore } from './posted-messages.ts';
import { TranscriptReader } from './reader.ts';
import { PersonRecords } from './records.ts';
import { SessionLanes } from './session-lanes.ts';
import type { WordIndex } from './word-index.ts';
import { TranscriptWriter } from './writer.ts';

/** Where what was said is kept. */
export type TranscriptPorts = {
  readonly writer: Public<TranscriptWriter>;
  readonly reader: Public<TranscriptReader>;
  readonly eraser: Public<TranscriptEraser>;
  readonly records: Public<PersonRecords>;
  readonly messages: Public<CaptionMessageStore>;
  readonly memories: Public<MemoryStore>;
};

/** Operations that differ between the databases of transcripts. */
type Differences = { readonly index: WordIndex; readonly writeErasure: WriteErasure };

/** Transcripts and memories in a database of the present format. */
export function transcriptPorts(
  database: StoreDatabase,
  clock: Clock,
  { index, writeErasure }: Differences,
): TranscriptPorts {
  const lanes = new SessionLanes();
  return {
    writer: new TranscriptWriter(database, clock, lanes, index),
    reader: new TranscriptReader(database, index),
    eraser: new TranscriptEraser(database, lanes, index, writeErasure),
    records: new PersonRecords(database),
    messages: new CaptionMessageStore(database),
    memories: new MemoryStore(database),
  };
}
