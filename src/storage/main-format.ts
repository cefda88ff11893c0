import type { DatabaseFormat } from './database.ts';
import { migrationsOf } from './stores/tables.ts';

/** The migrations of `parley.db`. */
export const migrations = migrationsOf('sqlite');

/** Format of the small file of consents and settings: it is checked for damage before it is used. */
export const mainFormat: DatabaseFormat = {
  migrations,
  checkedBytes: Number.POSITIVE_INFINITY,
  cacheKib: 2_000,
};
