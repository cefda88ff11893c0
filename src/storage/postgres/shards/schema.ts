import type { SchemaPart } from '#src/storage/postgres/migrate.ts';

/** Tables by which processes share the shards of one bot. All times are those of the database. */
export const shardSchema: SchemaPart = {
  name: 'shards',
  migrations: [
    {
      version: 2,
      sql: `
        CREATE TABLE bot (
          only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
          bot_id text NOT NULL,
          shard_count integer NOT NULL
        );
        CREATE TABLE processes (
          process_id text PRIMARY KEY,
          name text NOT NULL,
          version text NOT NULL,
          shard_limit integer NOT NULL,
          started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
          until timestamptz NOT NULL,
          renewal bigint NOT NULL DEFAULT 0,
          is_alone boolean NOT NULL DEFAULT false
        );
        CREATE TABLE process_summaries (
          process_id text PRIMARY KEY REFERENCES processes ON DELETE CASCADE,
          summary text NOT NULL
        );
        CREATE TABLE shards (
          shard_id integer PRIMARY KEY,
          epoch bigint NOT NULL DEFAULT 0,
          process_id text,
          taken_at timestamptz,
          session_id text,
          resume_url text,
          sequence bigint,
          session_at timestamptz,
          until timestamptz,
          CHECK ((process_id IS NULL) = (until IS NULL))
        );
        CREATE TABLE identify_buckets (
          bucket integer PRIMARY KEY,
          at timestamptz NOT NULL
        );
        CREATE TABLE interactions (
          interaction_id text PRIMARY KEY,
          at timestamptz NOT NULL DEFAULT clock_timestamp()
        );
        CREATE INDEX interactions_at ON interactions (at);
        CREATE TABLE identify_limit (
          only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
          total integer NOT NULL,
          remaining integer NOT NULL,
          resets_at timestamptz NOT NULL
        );`,
    },
  ],
};
