import type { StoreDatabase } from '#src/sql/store-database.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { type StoreParts, storeParts } from './store-parts.ts';
import { tables } from './tables.ts';

/** Every part of the store over one database. Probing and closing differ by database. */
export function sqlStores(database: StoreDatabase): StoreParts {
  const opened = Object.entries<StorePart<unknown>>(storeParts).map(([name, part]) => [
    name,
    part.open(database, tables),
  ]);
  return Object.fromEntries(opened);
}
