import { openDatabase, type StoreOptions } from './database.ts';
import { mainFormat } from './main-format.ts';
import type { Store } from './store.ts';
import { sqlStores } from './stores/sql-stores.ts';

/** The store on the calling thread, which stands still for every sync of the disk. Errors: BotError `store.unreadable`. */
export async function openLocalStore(path: string, options: StoreOptions): Promise<Store> {
  const database = await openDatabase(path, options, mainFormat);
  return {
    ...sqlStores(database),
    async [Symbol.asyncDispose]() {
      database[Symbol.dispose]();
    },
  };
}
