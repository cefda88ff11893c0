import type { DatabaseFormat } from './database.ts';
import type { Migration } from './schema.ts';
import { createTables } from './sql/create-table.ts';
import { tables } from './stores/tables.ts';

/**
 * The migrations of `parley.db`, in order; a released one never changes.
 *
 * The first one creates the whole schema. Formats from before the first release have lower numbers, and are refused.
 *
 * Ids are text, so that a forgotten one can be searched for in the bytes. No table holds sound.
 */
export const migrations: readonly Migration[] = [
  {
    version: 14,
    sql: createTables(tables, 'sqlite'),
  },
];

/** Format of the small file of consents and settings: it is checked for damage before it is used. */
export const mainFormat: DatabaseFormat = {
  migrations,
  checkedBytes: Number.POSITIVE_INFINITY,
  cacheKib: 2_000,
};
