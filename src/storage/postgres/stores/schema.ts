import type { SchemaPart } from '#src/storage/postgres/migrate.ts';
import { appliedWrites } from '#src/storage/postgres/ordered-database.ts';
import { createTables } from '#src/storage/sql/create-table.ts';
import { tables } from '#src/storage/stores/tables.ts';

/**
 * The tables of the store in PostgreSQL. No table holds sound.
 */
export const storesPart: SchemaPart = {
  name: 'store',
  migrations: [
    {
      version: 14,
      sql: createTables([...tables, appliedWrites], 'postgres'),
    },
  ],
};
