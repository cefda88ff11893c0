import type { SchemaPart } from '#src/storage/postgres/migrate.ts';
import { migrationsOf } from '#src/storage/stores/tables.ts';

/** The tables of the store in PostgreSQL: those of `parley.db`. */
export const storesPart: SchemaPart = {
  name: 'store',
  migrations: migrationsOf('postgres'),
};
