import { lineWordsTable } from '#src/features/captions/store/fts5-index.ts';
import { postsView } from '#src/features/captions/store/line-tables.ts';
import { tables } from '#src/features/captions/store/transcript-tables.ts';
import type { SqlDialect } from '#src/sql/columns.ts';
import { createTables } from '#src/sql/create-table.ts';
import type { Migration } from '#src/storage/schema.ts';

/**
 * The migrations of transcripts, in order; a released one never changes. The first one creates the whole schema, under the
 * number of the last format before the first release, as in `parley.db`. No table holds sound.
 */
export function migrationsOf(dialect: SqlDialect, index: string): readonly Migration[] {
  const sql = [createTables(tables, dialect), postsView, index].join('\n');
  return [{ version: 3, sql }];
}

/** The migrations of `transcripts.db`. The last one empties the index of words, which the next opening fills. */
export const migrations: readonly Migration[] = [
  ...migrationsOf('sqlite', lineWordsTable),
  { version: 4, sql: `DROP TABLE line_words; ${lineWordsTable} DROP TABLE IF EXISTS unscrubbed;` },
];
