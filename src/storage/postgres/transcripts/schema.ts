import type { SchemaPart } from '#src/storage/postgres/migrate.ts';
import { migrationsOf } from '#src/storage/transcripts/schema.ts';
import { termsIndex } from './tsvector-index.ts';

/** The tables of transcripts and memories in PostgreSQL: those of `transcripts.db`. */
export const transcriptsPart: SchemaPart = {
  name: 'transcripts',
  migrations: migrationsOf('postgres', termsIndex),
};
