import { tables } from '#src/features/captions/store/transcript-tables.ts';
import { lineWordsTable } from '#src/features/captions/store/word-index.ts';
import type { SqlDialect } from '#src/sql/columns.ts';
import { createTables } from '#src/sql/table.ts';
import type { Migration } from '#src/storage/schema.ts';

/** SQL of the lines that were stored while `catch_up` was off, so that only people who sat there might read them. */
const unsharedLines =
  'SELECT l.id FROM lines l JOIN sessions s ON s.key = l.session WHERE s.catch_up = FALSE';

/** SQL of their number, in tables of a format before `withoutPresences`. */
export const countUnsharedLines = `SELECT COUNT(*) AS count FROM (${unsharedLines}) AS unshared`;

/** Format whose lines belong to their voice channel. */
export const withoutPresences = 5;

/** Deletes lines that only people who sat there might read, with what said who that was, and which process wrote a row. */
const deletePresences = `
  UPDATE caption_messages SET outdated = outdated + 1
    WHERE session_id IN (SELECT id FROM sessions WHERE catch_up = FALSE);
  DELETE FROM answered WHERE line IN (${unsharedLines});
  DELETE FROM lines WHERE id IN (${unsharedLines});
  DELETE FROM sessions WHERE catch_up = FALSE;
  DROP VIEW IF EXISTS posts;
  DROP TABLE IF EXISTS more_posts;
  DROP TABLE IF EXISTS memory_numbers;
  DROP TABLE IF EXISTS guilds;
  DROP TABLE presences;
  DROP TABLE transcript_writers;
  ALTER TABLE sessions DROP COLUMN catch_up;
  ALTER TABLE sessions DROP COLUMN written_by;
  ALTER TABLE caption_messages DROP COLUMN written_by;`;

/**
 * The migrations of transcripts, in order; a released one never changes. The first one creates the whole schema, under the
 * number of the last format before the first release, as in `parley.db`. No table holds sound.
 */
export function migrationsOf(
  dialect: SqlDialect,
  index: string,
  upgrade = '',
): readonly Migration[] {
  const sql = [createTables(tables, dialect), index].join('\n');
  return [
    { version: 3, sql },
    { version: withoutPresences, sql: `${deletePresences}\n${upgrade}`, isUpgrade: true },
  ];
}

/** The migrations of `transcripts.db`. The last one makes the index of words anew. */
export const migrations: readonly Migration[] = migrationsOf(
  'sqlite',
  lineWordsTable,
  `DROP TABLE line_words; ${lineWordsTable} INSERT INTO line_words (line_words) VALUES ('rebuild');
  DROP TABLE IF EXISTS unscrubbed;`,
);
