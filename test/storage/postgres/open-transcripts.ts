import { realClock } from '#src/base/clock.ts';
import { type Database, openDatabase } from '#src/storage/database.ts';
import { migratePostgres } from '#src/storage/postgres/migrate-schema.ts';
import { createPostgresDriver } from '#src/storage/postgres/postgres-driver.ts';
import { transcripts } from '#src/storage/store-kinds.ts';
import {
  type LocalTranscriptStore,
  toTranscriptStore,
} from '#test/fakes/local-stores.ts';
import type { TestSchema } from '#test/fakes/postgres.ts';

export type OpenedTranscripts = LocalTranscriptStore & { readonly database: Database };

/** The transcripts of one process in a schema. */
export async function openPostgresTranscripts({
  url,
}: Pick<TestSchema, 'url'>): Promise<OpenedTranscripts> {
  const driver = createPostgresDriver({ url });
  const database = openDatabase({ driver, clock: realClock });
  await migratePostgres(database, [transcripts]);
  return { ...toTranscriptStore(database), database };
}
