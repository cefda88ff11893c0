import type { StoreDatabase } from '#src/storage/sql/store-database.ts';
import type { Store } from '#src/storage/store.ts';
import { SqlApiTokens } from './api-tokens.ts';
import { SqlCaptionChoices } from './caption-choices.ts';
import { SqlConsents } from './consents.ts';
import { SqlGuilds } from './guilds.ts';
import { SqlPanels } from './panels.ts';
import { SqlPersonSettings } from './person-settings.ts';
import { SqlReminders } from './reminders.ts';
import { SqlSeats } from './seats.ts';
import { SqlSettings } from './settings.ts';
import { SqlSpending } from './spending.ts';
import { tables } from './tables.ts';
import { SqlTracks } from './tracks.ts';

/** Every store over one database. Probing and closing differ by database. */
export function sqlStores(
  database: StoreDatabase,
): Omit<Store, 'probe' | typeof Symbol.asyncDispose> {
  return {
    apiTokens: new SqlApiTokens(database),
    captionChoices: new SqlCaptionChoices(database),
    consents: new SqlConsents(database, tables),
    guilds: new SqlGuilds(database, tables),
    panels: new SqlPanels(database),
    personSettings: new SqlPersonSettings(database),
    reminders: new SqlReminders(database),
    seats: new SqlSeats(database),
    settings: new SqlSettings(database),
    spending: new SqlSpending(database),
    tracks: new SqlTracks(database),
  };
}
