import type { Clock } from '#src/base/clock.ts';
import { transcriptPorts } from '#src/features/captions/store/transcript-ports.ts';
import type { PostgresPool } from '#src/storage/postgres/pool.ts';
import { PostgresDatabase } from '#src/storage/postgres/postgres-database.ts';
import type { TranscriptStore } from '#src/storage/transcripts/transcripts-path.ts';

/** Transcripts in a database whose schema is of the present format. Closing them leaves the pool open. */
export function openPostgresTranscripts(pool: PostgresPool, clock: Clock): TranscriptStore {
  const database = new PostgresDatabase(pool, clock);
  return {
    ...transcriptPorts(database),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}
