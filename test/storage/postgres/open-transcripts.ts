import { type Clock, realClock } from '#src/base/clock.ts';
import { migratePostgres } from '#src/storage/postgres/migrate.ts';
import { PostgresPool } from '#src/storage/postgres/pool.ts';
import { openPostgresTranscripts } from '#src/storage/postgres/transcripts/postgres-transcripts.ts';
import { transcriptsPart } from '#src/storage/postgres/transcripts/schema.ts';
import type { TranscriptStore } from '#src/storage/transcripts/transcripts-path.ts';
import type { TestSchema } from '#test/fakes/postgres.ts';

export type OpenedTranscripts = TranscriptStore & {
  readonly pool: PostgresPool;
};

/** The transcripts of one process in a schema. */
export async function openTranscriptsIn(
  { url }: Pick<TestSchema, 'url'>,
  clock: Clock = realClock,
): Promise<OpenedTranscripts> {
  const pool = new PostgresPool({ url, clock: realClock, mostConnections: 2 });
  await migratePostgres(pool, [transcriptsPart]);
  const store = openPostgresTranscripts(pool, clock);
  return {
    ...store,
    pool,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await pool[Symbol.asyncDispose]();
    },
  };
}
