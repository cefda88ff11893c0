import { openDatabase, type StoreOptions } from './database.ts';
import { mainFormat } from './main-format.ts';
import type { Store } from './store.ts';
import { SqlApiTokens } from './stores/api-tokens.ts';
import { SqlCaptionChoices } from './stores/caption-choices.ts';
import { SqlConsents } from './stores/consents.ts';
import { SqlGuilds } from './stores/guilds.ts';
import { SqlPanels } from './stores/panels.ts';
import { SqlPersonSettings } from './stores/person-settings.ts';
import { SqlReminders } from './stores/reminders.ts';
import { SqlSeats } from './stores/seats.ts';
import { SqlSettings } from './stores/settings.ts';
import { SqlSpending } from './stores/spending.ts';
import { tables } from './stores/tables.ts';
import { SqlTracks } from './stores/tracks.ts';

/** The store on the calling thread, which stands still for every sync of the disk. Errors: BotError `store.unreadable`. */
export async function openLocalStore(path: string, options: StoreOptions): Promise<Store> {
  const database = await openDatabase(path, options, mainFormat);
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
    probe: () => database.probe(),
    async [Symbol.asyncDispose]() {
      database[Symbol.dispose]();
    },
  };
}
