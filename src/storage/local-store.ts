import { copyStore } from './backups/backup.ts';
import { openDatabase, type StoreOptions } from './database.ts';
import { rewriteVersion } from './schema.ts';
import type { Store } from './store.ts';
import { ApiTokens } from './stores/api-tokens.ts';
import { StoredCaptionChoices } from './stores/caption-choices.ts';
import { Consents } from './stores/consents.ts';
import { Guilds } from './stores/guilds.ts';
import { PanelPlaces } from './stores/panels.ts';
import { StoredPersonSettings } from './stores/person-settings.ts';
import { Reminders } from './stores/reminders.ts';
import { Seats } from './stores/seats.ts';
import { ServerSettings } from './stores/settings.ts';
import { Spending } from './stores/spending.ts';
import { tables } from './stores/tables.ts';
import { Tracks } from './stores/tracks.ts';

/** The store on the calling thread, which stands still for every sync of the disk. Errors: BotError `store.unreadable`. */
export async function openLocalStore(path: string, options: StoreOptions): Promise<Store> {
  const database = await openDatabase(path, options);
  return {
    apiTokens: new ApiTokens(database),
    captionChoices: new StoredCaptionChoices(database),
    consents: new Consents(database, tables),
    guilds: new Guilds(database, tables),
    panels: new PanelPlaces(database),
    personSettings: new StoredPersonSettings(database),
    reminders: new Reminders(database),
    seats: new Seats(database),
    settings: new ServerSettings(database),
    spending: new Spending(database),
    tracks: new Tracks(database),
    backup: (toPath) => database.readSync((sqlite) => copyStore(sqlite, toPath)),
    probe: () => database.writeSync(rewriteVersion),
    async [Symbol.asyncDispose]() {
      database[Symbol.dispose]();
    },
  };
}
