import { afterAll } from 'vitest';
import { bookTables } from '#src/storage/postgres/books/schema.ts';
import { apiTokenBookContract } from '#test/contracts/stores/api-token-book.ts';
import { captionChoiceContract } from '#test/contracts/stores/caption-choice-book.ts';
import { consentBookContract } from '#test/contracts/stores/consent-book.ts';
import { guildBookContract } from '#test/contracts/stores/guild-book.ts';
import { panelBookContract } from '#test/contracts/stores/panel-book.ts';
import { personSettingsContract } from '#test/contracts/stores/person-settings-book.ts';
import { reminderBookContract } from '#test/contracts/stores/reminder-book.ts';
import { seatBookContract } from '#test/contracts/stores/seat-book.ts';
import { settingsBookContract } from '#test/contracts/stores/settings-book.ts';
import { spendingBookContract } from '#test/contracts/stores/spending-book.ts';
import { trackBookContract } from '#test/contracts/stores/track-book.ts';
import { openSchema, type TestSchema, withPostgres } from '#test/fakes/postgres.ts';
import type { StoreTrouble } from '#test/fakes/store-trouble.ts';
import { openIn } from './open-books.ts';

/** One for all tests of this file, emptied for each. */
let schema: TestSchema | undefined;

afterAll(() => schema?.[Symbol.asyncDispose]());

/** Unreadable as closed connections, unwritable as tables that were taken away. */
async function open(trouble?: StoreTrouble) {
  schema ??= await openSchema();
  const { name, sql, url } = schema;
  const store = await openIn({ url });
  await sql(bookTables.map((table) => `DELETE FROM ${table}`).join(';'));
  const rename = (from: string, to: string) => sql(`ALTER SCHEMA ${from} RENAME TO ${to}`);
  if (trouble === 'unwritable') await rename(name, `${name}_away`);
  if (trouble === 'unreadable') await store[Symbol.asyncDispose]();
  return {
    ...store,
    async pass(ms: number) {
      await sql(`UPDATE seats SET alive_at = alive_at - interval '${ms} ms'`);
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      if (trouble === 'unwritable') await rename(`${name}_away`, name);
    },
  };
}

const name = 'PostgreSQL';
withPostgres(() => {
  apiTokenBookContract(name, open);
  captionChoiceContract(name, open);
  consentBookContract(name, open);
  guildBookContract(name, open);
  panelBookContract(name, open);
  personSettingsContract(name, open);
  reminderBookContract(name, open);
  seatBookContract(name, open);
  settingsBookContract(name, open);
  spendingBookContract(name, open);
  trackBookContract(name, open);
});
