import { setImmediate } from 'node:timers/promises';
import sql from 'sql-template-tag';
import { Fts5Index, fillEmptyIndex } from '#src/features/captions/store/fts5-index.ts';
import { transcriptPorts } from '#src/features/captions/store/transcript-ports.ts';
import { integer } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
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
  try {
    await fillEmptyIndex(database);
  } catch (error) {
    database[Symbol.dispose]();
    throw error;
  }
  let isLogFull = true; // a former process may have left what was erased in it
  return {
    ...transcriptPorts(database, options.clock, {
      index: new Fts5Index(),
      async writeErasure(_lanes, portion, isMore) {
        const noting: typeof portion = async (connection) => {
          const before = await changesOf(connection);
          const done = await portion(connection);
          isLogFull ||= (await changesOf(connection)) > before;
          return done;
        };
        while (isMore(await database.writeNow(noting))) await setImmediate(); // others take their turn
        if (isLogFull) await database.scrub();
        isLogFull = false;
      },
    }),
    probe: () => database.probe(),
    async [Symbol.asyncDispose]() {
      database[Symbol.dispose]();
    },
  };
}

/** Rows that this connection has changed so far. */
async function changesOf(connection: Connection): Promise<number> {
  const [row] = await connection.rows({ count: integer }, sql`SELECT total_changes() AS count`);
  return row?.count ?? 0;
}
