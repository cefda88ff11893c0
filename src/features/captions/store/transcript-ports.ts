import type { Clock } from '#src/base/clock.ts';
import type { TranscriptPorts } from '#src/features/captions/transcripts/transcript-stores.ts';
import { Memories } from '#src/features/memories/memory-rows.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { Eraser, type WriteErasure } from './eraser.ts';
import { CaptionMessageRows } from './posted-messages.ts';
import { Reader } from './reader.ts';
import { Records } from './records.ts';
import { SessionLanes } from './session-lanes.ts';
import type { WordIndex } from './word-index.ts';
import { Writer } from './writer.ts';

/** What differs between the databases of transcripts. */
type Differences = { readonly index: WordIndex; readonly writeErasure: WriteErasure };

/** Transcripts and memories in a database of the present format. */
export function transcriptPorts(
  database: StoreDatabase,
  clock: Clock,
  { index, writeErasure }: Differences,
): TranscriptPorts {
  const lanes = new SessionLanes();
  return {
    writer: new Writer(database, clock, lanes, index),
    reader: new Reader(database, index),
    eraser: new Eraser(database, lanes, index, writeErasure),
    records: new Records(database),
    messages: new CaptionMessageRows(database),
    memories: new Memories(database),
  };
}
