import type { SchemaPart } from '#src/storage/postgres/migrate.ts';
import { createTables } from '#src/storage/sql/create-table.ts';
import { tables } from '#src/storage/stores/tables.ts';

/**
 * The tables of the store in PostgreSQL. `written_at` is when something was asked for, by the clock of the database, and
 * `written_by` the process: what comes late from one that was cut off replaces nothing newer. No table holds sound.
 */
export const storesPart: SchemaPart = {
  name: 'store',
  migrations: [
    {
      version: 14,
      sql: `
        CREATE TABLE spent (
          guild_id text COLLATE "C" NOT NULL,
          day text COLLATE "C" NOT NULL,
          nano_usd bigint NOT NULL,
          ms bigint NOT NULL,
          unpriced bigint NOT NULL,
          turns bigint NOT NULL,
          PRIMARY KEY (guild_id, day)
        );
        CREATE TABLE spent_on_captions (LIKE spent INCLUDING ALL);
        CREATE TABLE spent_by_person (
          guild_id text COLLATE "C" NOT NULL,
          person_id text COLLATE "C" NOT NULL,
          day text COLLATE "C" NOT NULL,
          nano_usd bigint NOT NULL,
          ms bigint NOT NULL,
          unpriced bigint NOT NULL,
          turns bigint NOT NULL,
          PRIMARY KEY (guild_id, person_id, day)
        );
        CREATE INDEX spent_by_person_by_day ON spent_by_person (day);
        CREATE INDEX spent_on_captions_by_day ON spent_on_captions (day);
        CREATE TABLE spending_reserves (
          holder uuid NOT NULL,
          guild_id text COLLATE "C" NOT NULL,
          person_id text COLLATE "C",
          nano_usd bigint NOT NULL,
          ms bigint NOT NULL,
          until timestamptz NOT NULL
        );
        CREATE INDEX spending_reserves_by_guild ON spending_reserves (guild_id, holder);
        CREATE TABLE applied_writes (id uuid PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());
        CREATE INDEX applied_writes_by_time ON applied_writes (at);
        ${createTables(tables, 'postgres')}
      `,
    },
  ],
};
