import { realClock } from '#src/base/clock.ts';
import type { Config } from '#src/config/types.ts';
import { TranscriptStores } from '#src/features/captions/store/transcript-ports.ts';
import { memoryStore } from '#src/features/memories/memory-store.ts';
import type { PostgresPool } from '#src/storage/postgres/pool.ts';
import type { SqliteWorker } from '#src/storage/thread/sqlite-worker.ts';
import { keepStore } from '#src/storage/thread/steady-store.ts';
import { transcriptStore } from '#src/storage/transcripts/transcript-operations.ts';
import {
  type TranscriptStore,
  transcriptsPath,
} from '#src/storage/transcripts/transcripts-path.ts';
import type { BotOptions } from './bot-options.ts';

/** Declared parts of a store, each with what is open of it. */
export type OpenParts = readonly (readonly [part: object, open: unknown])[];

/**
 * Opens the transcripts on disk, or in the database of the store, and in memory; their trouble is reported to the operator.
 * Closing them leaves `pool` open.
 */
export async function openTranscriptStores(
  { dataDir }: Pick<Config, 'dataDir'>,
  { pool, worker }: { readonly pool: PostgresPool | undefined; readonly worker: SqliteWorker },
  report: Pick<BotOptions, 'onDiscord' | 'onStore'>,
): Promise<{ readonly parts: OpenParts } & AsyncDisposable> {
  const onDisk = pool ? await inDatabase(pool) : await inFile(worker, dataDir, report);
  const inMemory = await worker.open(transcriptStore, ':memory:');
  return {
    parts: [
      [TranscriptStores.key, new TranscriptStores(onDisk, inMemory)],
      [memoryStore, onDisk.memories],
    ],
    async [Symbol.asyncDispose]() {
      await Promise.all([onDisk, inMemory].map((one) => one[Symbol.asyncDispose]()));
    },
  };
}

async function inDatabase(pool: PostgresPool): Promise<TranscriptStore> {
  // Nothing of it is loaded where it is not used.
  const { openPostgresTranscripts } = await import(
    '#src/storage/postgres/transcripts/postgres-transcripts.ts'
  );
  return openPostgresTranscripts(pool, realClock);
}

function inFile(
  worker: SqliteWorker,
  dataDir: string,
  { onDiscord, onStore }: Pick<BotOptions, 'onDiscord' | 'onStore'>,
): Promise<TranscriptStore> {
  const open = () => worker.open(transcriptStore, transcriptsPath(dataDir));
  return keepStore(transcriptStore, open, realClock, (event) => {
    if (event.kind === 'alert') onStore(event);
    if (event.kind !== 'refused') return;
    onDiscord({ kind: 'warning', message: event.error.message, cause: event.error });
  });
}
