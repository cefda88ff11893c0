import { testStore } from '#test/contracts/stores/store-contract.ts';
import { testTranscripts } from '#test/contracts/stores/transcript-contract.ts';
import { openSchema, type TestSchema, withPostgres } from '#test/fakes/postgres.ts';
import { openPostgresStores } from './open-stores.ts';
import { openPostgresTranscripts } from './open-transcripts.ts';

/** One for all tests of this file, emptied for each. */
let schema: TestSchema | undefined;

afterAll(() => schema?.[Symbol.asyncDispose]());

async function openEmptied<Store extends AsyncDisposable>(
  open: (schema: TestSchema) => Promise<Store>,
) {
  schema ??= await openSchema();
  const { sql } = schema;
  const store = await open(schema);
  const tables = await sql(
    "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'parley_schema'",
  );
  await sql(tables.map(({ tablename }) => `DELETE FROM ${tablename}`).join(';'));
  return {
    ...store,
    async pass(ms: number) {
      await sql(`UPDATE seats SET alive_at_ms = alive_at_ms - ${ms}`);
    },
  };
}

withPostgres(() => {
  testStore('PostgreSQL', () => openEmptied(openPostgresStores));
  testTranscripts('PostgreSQL', () => openEmptied(openPostgresTranscripts));
});
