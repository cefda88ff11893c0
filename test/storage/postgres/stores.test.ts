import { afterAll } from 'vitest';
import { apiTokenStoreContract } from '#test/contracts/stores/api-token-store.ts';
import { consentStoreContract } from '#test/contracts/stores/consent-store.ts';
import { personRowsContract } from '#test/contracts/stores/person-rows.ts';
import { reminderStoreContract } from '#test/contracts/stores/reminder-store.ts';
import { seatStoreContract } from '#test/contracts/stores/seat-store.ts';
import {
  guildStoreContract,
  leftOutPeopleContract,
  panelStoreContract,
  personSettingsContract,
  settingsStoreContract,
} from '#test/contracts/stores/server-stores.ts';
import { spendingStoreContract } from '#test/contracts/stores/spending-store.ts';
import { storeTroubleContract } from '#test/contracts/stores/store-trouble.ts';
import { trackStoreContract } from '#test/contracts/stores/track-store.ts';
import type { StoreTrouble } from '#test/fakes/memory-stores.ts';
import { openSchema, type TestSchema, withPostgres } from '#test/fakes/postgres.ts';
import { openIn } from './open-stores.ts';

/** One for all tests of this file, emptied for each. */
let schema: TestSchema | undefined;

afterAll(() => schema?.[Symbol.asyncDispose]());

/** Unreadable as closed connections, unwritable as tables that were taken away. */
async function open(trouble?: StoreTrouble) {
  schema ??= await openSchema();
  const { name, sql, url } = schema;
  const store = await openIn({ url });
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

const name = 'PostgreSQL';
withPostgres(() => {
  apiTokenStoreContract(name, open);
  leftOutPeopleContract(name, open);
  consentStoreContract(name, open);
  guildStoreContract(name, open);
  panelStoreContract(name, open);
  personRowsContract(name, open);
  personSettingsContract(name, open);
  reminderStoreContract(name, open);
  seatStoreContract(name, open);
  settingsStoreContract(name, open);
  spendingStoreContract(name, open);
  storeTroubleContract(name, open);
  trackStoreContract(name, open);
});
