import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { SharedSpending } from '#src/spending/ledger/shared-spending.ts';
import { OrderedDatabase } from '#src/storage/postgres/ordered-database.ts';
import type { PostgresPool } from '#src/storage/postgres/pool.ts';
import type { Store } from '#src/storage/store.ts';
import { PostgresApiTokens } from './api-tokens.ts';
import { PostgresCaptionChoices } from './caption-choices.ts';
import { PostgresConsents } from './consents.ts';
import { PostgresGuilds } from './guilds.ts';
import { PostgresPanels } from './panels.ts';
import { PostgresPersonSettings } from './person-settings.ts';
import { PostgresReminders } from './reminders.ts';
import { PostgresSeats } from './seats.ts';
import { PostgresSettings } from './server-settings.ts';
import { PostgresSharedSpending } from './shared-spending.ts';
import { PostgresSpending } from './spending.ts';
import { PostgresTracks } from './tracks.ts';

/** The store in PostgreSQL, which several processes share. */
export type PostgresBooks = Store & { readonly sharedSpending: SharedSpending };

/** The store over connections to a database whose schema is of the present format. Closing it closes the pool. */
export function openBooks(pool: PostgresPool, clock: Clock): PostgresBooks {
  const database = new OrderedDatabase(pool, clock);
  return {
    apiTokens: new PostgresApiTokens(database),
    captionChoices: new PostgresCaptionChoices(database),
    consents: new PostgresConsents(database),
    guilds: new PostgresGuilds(database),
    panels: new PostgresPanels(database),
    personSettings: new PostgresPersonSettings(database),
    reminders: new PostgresReminders(database),
    seats: new PostgresSeats(database),
    settings: new PostgresSettings(database),
    spending: new PostgresSpending(database),
    sharedSpending: new PostgresSharedSpending(database),
    tracks: new PostgresTracks(database),
    backup: () => Promise.reject(new BotError('store.unwritable', false, useDump(pool.place))),
    async probe() {
      const sql = "UPDATE parley_schema SET version = version WHERE part = 'store'";
      await pool.write((connection) => connection.run(sql));
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

/** A database has copies of its own kind. */
function useDump(place: string): string {
  return `The store is the database ${place}: copy it with pg_dump.`;
}
