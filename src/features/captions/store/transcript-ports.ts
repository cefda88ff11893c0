import type { Public } from '#src/base/public.ts';
import { MemoryStore } from '#src/features/memories/memory-store.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { CaptionMessageStore } from './caption-message-store.ts';
import { PersonRecords } from './person-records.ts';
import { TranscriptEraser } from './transcript-eraser.ts';
import { TranscriptReader } from './transcript-reader.ts';
import { TranscriptWriter } from './transcript-writer.ts';

/** Where what was said is kept. */
export type TranscriptPorts = {
  readonly writer: Public<TranscriptWriter>;
  readonly reader: Public<TranscriptReader>;
  readonly eraser: Public<TranscriptEraser>;
  readonly records: Public<PersonRecords>;
  readonly messages: Public<CaptionMessageStore>;
  readonly memories: Public<MemoryStore>;
};

/** Transcripts and memories in a database of the present format. */
export function transcriptPorts(database: StoreDatabase): TranscriptPorts {
  return {
    writer: new TranscriptWriter(database),
    reader: new TranscriptReader(database),
    eraser: new TranscriptEraser(database),
    records: new PersonRecords(database),
    messages: new CaptionMessageStore(database),
    memories: new MemoryStore(database),
  };
}
