import { afterAll } from 'vitest';
import { tables } from '#src/features/captions/store/transcript-tables.ts';
import { memoryStoreContract } from '#test/contracts/stores/memory-store.ts';
import { transcriptErasingContract } from '#test/contracts/stores/transcript-erasing.ts';
import { transcriptRestartsContract } from '#test/contracts/stores/transcript-restarts.ts';
import { transcriptSearchContract } from '#test/contracts/stores/transcript-search.ts';
import { transcriptStoreContract } from '#test/contracts/stores/transcript-store.ts';
import type { StoreTrouble } from '#test/fakes/memory-stores.ts';
import { openSchema, type TestSchema, withPostgres } from '#test/fakes/postgres.ts';
import { openTranscriptsIn } from './open-transcripts.ts';

/** One for all tests of this file, emptied for each. */
let schema: TestSchema | undefined;

afterAll(() => schema?.[Symbol.asyncDispose]());

/** Unreadable as closed connections, unwritable as tables that were taken away. */
async function open(trouble?: StoreTrouble) {
  schema ??= await openSchema();
  const { name, sql, url } = schema;
  const store = await openTranscriptsIn({ url });
  await sql(tables.map((table) => `DELETE FROM ${table.name}`).join(';'));
  const rename = (from: string, to: string) => sql(`ALTER SCHEMA ${from} RENAME TO ${to}`);
  if (trouble === 'unwritable') await rename(name, `${name}_away`);
  if (trouble === 'unreadable') await store[Symbol.asyncDispose]();
  return {
    ...store,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      if (trouble === 'unwritable') await rename(`${name}_away`, name);
    },
  };
}

const name = 'PostgreSQL';
withPostgres(() => {
  transcriptStoreContract(name, open);
  transcriptSearchContract(name, open);
  transcriptErasingContract(name, open);
  transcriptRestartsContract(name, open);
  memoryStoreContract(name, open);
});
