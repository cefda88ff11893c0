import { join } from 'node:path';
import type {
  CaptionMessageStore,
  MemoryStore,
  PersonRecords,
  TranscriptEraser,
  TranscriptReader,
  TranscriptWriter,
} from '#src/captions/transcript-store.ts';

/** What was said and is to be remembered. Closing it fails what still waits. */
export type TranscriptStore = AsyncDisposable & {
  readonly writer: TranscriptWriter;
  readonly reader: TranscriptReader;
  readonly eraser: TranscriptEraser;
  readonly records: PersonRecords;
  readonly messages: CaptionMessageStore;
  readonly memories: MemoryStore;
  /** Writes what is there already: whether the disk takes anything. Errors: BotError `store.unwritable`. */
  probe(): Promise<void>;
};

/** Where the bot and `npm run backup` look for transcripts: a file of their own, so that a full one costs no consent. */
export function transcriptsPath(dataDir: string): string {
  return join(dataDir, 'transcripts.db');
}
