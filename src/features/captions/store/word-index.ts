import sql, { type Sql } from 'sql-template-tag';
import { integer } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { idsOf } from './line-tables.ts';
import { termOf } from './search-tokeniser.ts';

/**
 * SQL of the index of SQLite over the terms of lines, which triggers keep. Erasing walks the page of each word, so pages of 1,000
 * bytes, in place of 4,050, halve its time.
 */
export const lineWordsTable = `
  CREATE VIRTUAL TABLE line_words USING fts5 (
    terms, content = 'lines', content_rowid = 'id', columnsize = 0, detail = none, tokenize = 'ascii');
  INSERT INTO line_words (line_words, rank) VALUES ('secure-delete', 1), ('pgsz', 1000);
  CREATE TRIGGER line_words_put AFTER INSERT ON lines BEGIN
    INSERT INTO line_words (rowid, terms) VALUES (new.id, new.terms);
  END;
  CREATE TRIGGER line_words_changed AFTER UPDATE ON lines WHEN old.terms IS NOT new.terms BEGIN
    INSERT INTO line_words (line_words, rowid, terms) VALUES ('delete', old.id, old.terms);
    INSERT INTO line_words (rowid, terms) VALUES (new.id, new.terms);
  END;
  CREATE TRIGGER line_words_erased AFTER DELETE ON lines BEGIN
    INSERT INTO line_words (line_words, rowid, terms) VALUES ('delete', old.id, old.terms);
  END;`;

/** SQL of the index of PostgreSQL. Terms are written at once: each search would read a list of those that wait. */
export const termsIndex =
  'CREATE INDEX lines_by_term ON lines USING gin (terms) WITH (fastupdate = off);';

/** Lines that a word ranks: the newest with it. */
const mostOfWord = 8_000;
/** Pages of the index of SQLite that one portion of a merge writes. */
const pagesAtOnce = 50;

/**
 * SQL of the ids of the newest lines with a word in these sessions, whose keys are the newest first. FTS5 walks past bounds
 * that are no whole numbers, which a bound number is not to SQLite.
 */
export function linesWith(
  connection: Connection,
  guildId: string,
  word: string,
  sessionKeys: readonly number[],
): Sql {
  const among = connection.among(sessionKeys);
  const term = termOf(guildId, word);
  if (connection.dialect === 'postgres')
    return sql`SELECT id FROM lines WHERE terms @@ ${`'${term}'`}::tsquery AND session ${among}
      ORDER BY id DESC LIMIT ${mostOfWord}`;
  const [lowest] = idsOf(sessionKeys.at(-1) ?? 0);
  const [, highest] = idsOf(sessionKeys[0] ?? 0);
  return sql`SELECT rowid AS id FROM line_words WHERE line_words MATCH ${`"${term}"`}
    AND rowid >= CAST(${lowest} AS INTEGER) AND rowid <= CAST(${highest} AS INTEGER)
    AND rowid / 4194304 ${among} ORDER BY rowid DESC LIMIT ${mostOfWord}`;
}

/** Drops copies of erased words: until its segments are merged, FTS5 keeps them as bounds of its pages (`line_words_idx`). */
export async function mergeIndex(database: StoreDatabase): Promise<void> {
  if (database.isShared) return;
  // An erased word makes a new segment, since FTS5 does not merge a single one.
  await database.writeNow(async (connection) => {
    await connection.run(sql`INSERT INTO line_words (rowid, terms) VALUES (0, '0')`);
    await connection.run(
      sql`INSERT INTO line_words (line_words, rowid, terms) VALUES ('delete', 0, '0')`,
    );
    await mergePages(connection, -pagesAtOnce);
  });
  await database.eraseInPortions(mergePages, Boolean);
}

/** True while there is more to merge. */
async function mergePages(connection: Connection, pages = pagesAtOnce): Promise<boolean> {
  const before = await changesOf(connection);
  await connection.run(sql`INSERT INTO line_words (line_words, rank) VALUES ('merge', ${pages})`);
  return (await changesOf(connection)) - before >= 2;
}

/** Rows that this connection has changed so far. */
async function changesOf(connection: Connection): Promise<number> {
  const [row] = await connection.rows({ count: integer }, sql`SELECT total_changes() AS count`);
  return row?.count ?? 0;
}
