import { type DatabaseFormat, openDatabase, type StoreOptions } from '#src/storage/database.ts';
import { rewriteVersion } from '#src/storage/schema.ts';
import { SqliteCaptionMessages } from './caption-messages.ts';
import { SqliteEraser } from './eraser.ts';
import { SqliteMemories } from './memories.ts';
import { SqlitePersonRecords } from './person-records.ts';
import { SqliteReader } from './reader.ts';
import { migrations } from './schema.ts';
import type { TranscriptStore } from './transcript-store.ts';
import { SqliteWriter } from './writer.ts';

/** Reading 200 MB through for damage takes 0.9 s from memory and a minute from a slow disk; then damage is told when it is met. */
const transcriptsFormat: DatabaseFormat = {
  migrations,
  checkedBytes: 32 * 2 ** 20,
  cacheKib: 16_000,
};

/** Transcripts on the calling thread, which stands still while they are searched. Errors: BotError `store.unreadable`. */
export async function openLocalTranscripts(
  path: string,
  options: StoreOptions,
): Promise<TranscriptStore> {
  const database = await openDatabase(path, options, transcriptsFormat);
  return {
    writer: new SqliteWriter(database),
    reader: new SqliteReader(database),
    eraser: new SqliteEraser(database),
    records: new SqlitePersonRecords(database),
    messages: new SqliteCaptionMessages(database),
    memories: new SqliteMemories(database),
    probe: () => database.writeSync(rewriteVersion),
    async [Symbol.asyncDispose]() {
      database[Symbol.dispose]();
    },
  };
}
