import { termsIndex } from '#src/features/captions/store/word-index.ts';
import type { SchemaPart } from '#src/storage/postgres/migrate.ts';
import { migrationsOf } from '#src/storage/transcripts/schema.ts';

/** The tables of transcripts and memories in PostgreSQL: those of `transcripts.db`. */
export const transcriptsPart: SchemaPart = {
  name: 'transcripts',
  migrations: migrationsOf('postgres', termsIndex),
};
