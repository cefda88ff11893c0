import { afterAll } from 'vitest';
import { storeContract } from '#test/contracts/stores/store-contract.ts';
import { transcriptContract } from '#test/contracts/stores/transcript-contract.ts';
import type { StoreTrouble } from '#test/fakes/memory-stores.ts';
import { openSchema, type TestSchema, withPostgres } from '#test/fakes/postgres.ts';
import { openIn } from './open-stores.ts';
import { openTranscriptsIn } from './open-transcripts.ts';

/** One for all tests of this file, emptied for each. */
let schema: TestSchema | undefined;

afterAll(() => schema?.[Symbol.asyncDispose]());

/** Unreadable as closed connections, unwritable as tables that were taken away. */
async function emptied<Store extends AsyncDisposable>(
  open: (schema: TestSchema) => Promise<Store>,
  trouble?: StoreTrouble,
) {
  schema ??= await openSchema();
  const { name, sql } = schema;
  const store = await open(schema);
  const tables = await sql(
    "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'parley_schema'",
  );
  await sql(tables.map(({ tablename }) => `DELETE FROM ${tablename}`).join(';'));
  const rename = (from: string, to: string) => sql(`ALTER SCHEMA ${from} RENAME TO ${to}`);
  if (trouble === 'unwritable') await rename(name, `${name}_away`);
  if (trouble === 'unreadable') await store[Symbol.asyncDispose]();
  return {
    ...store,
    async pass(ms: number) {
      await sql(`UPDATE seats SET alive_at_ms = alive_at_ms - ${ms}`);
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      if (trouble === 'unwritable') await rename(`${name}_away`, name);
    },
  };
}

withPostgres(() => {
  storeContract('PostgreSQL', (trouble) => emptied(openIn, trouble));
  transcriptContract('PostgreSQL', (trouble) => emptied(openTranscriptsIn, trouble));
});
