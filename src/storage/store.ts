import { join } from 'node:path';
import type { ConsentBook } from '#src/people/consent-book.ts';
import type { PanelBook } from '#src/session/panel.ts';
import type { SettingsBook } from '#src/session/settings-book.ts';
import type { TrackBook } from '#src/session/track-book.ts';
import type { SpendingBook } from '#src/spending/book.ts';
import { copyStore } from './backup.ts';
import { SqliteConsents } from './consents.ts';
import { openDatabase, type StoreOptions } from './database.ts';
import { SqlitePanels } from './panels.ts';
import { SqliteSettings } from './server-settings.ts';
import { SqliteSpending } from './spending.ts';
import { SqliteTracks } from './tracks.ts';

/** Everything that outlives the process. Closing it fails what still waits. */
export type Store = AsyncDisposable & {
  readonly consents: ConsentBook;
  readonly panels: PanelBook;
  readonly settings: SettingsBook;
  readonly spending: SpendingBook;
  readonly tracks: TrackBook;
  /** One whole file as of now, in place of any that is there. Errors: BotError `store.*`. */
  backup(toPath: string): Promise<void>;
};

/** Where the bot and `npm run backup` look for the store. */
export function storePath(dataDir: string): string {
  return join(dataDir, 'parley.db');
}

/** Opens the SQLite file at `path`, or makes it; `:memory:` ends with the process. Errors: BotError `store.unreadable`. */
export async function openStore(path: string, options: StoreOptions): Promise<Store> {
  const database = await openDatabase(path, options);
  return {
    consents: new SqliteConsents(database),
    panels: new SqlitePanels(database),
    settings: new SqliteSettings(database),
    spending: new SqliteSpending(database),
    tracks: new SqliteTracks(database),
    backup: (toPath) => database.read((sqlite) => copyStore(sqlite, toPath)),
    async [Symbol.asyncDispose]() {
      database[Symbol.dispose]();
    },
  };
}
