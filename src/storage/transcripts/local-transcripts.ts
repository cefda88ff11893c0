import { transcriptPorts } from '#src/features/captions/store/transcript-ports.ts';
import { type DatabaseFormat, openDatabase, type StoreOptions } from '#src/storage/database.ts';
import { migrations } from './schema.ts';
import type { TranscriptStore } from './transcripts-path.ts';

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
    ...transcriptPorts(database),
    async [Symbol.asyncDispose]() {
      database[Symbol.dispose]();
    },
  };
}
