import sql from 'sql-template-tag';
import { integer } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';

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

/** Pages of the index of SQLite that one portion of a merge writes. */
const pagesAtOnce = 50;

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

/** Letters, digits and the signs that belong to letters. */
const runs = /[\p{L}\p{N}\p{M}]+/gu;
/** Scripts that put no space between words. */
const spaceless =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;
/** Accents of Latin, Greek and Cyrillic, vowel points of Hebrew and Arabic; not the vowels of Hindi or the dakuten of Japanese. */
const accents = /[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u064b-\u0652]/g;
const segmenter = new Intl.Segmenter('en', { granularity: 'word' });
/** Longest word, in UTF-16 units, that is told from others. */
const mostUnits = 64;
/** Words of one line that are told apart; further ones are not found. A row of words takes 1 MB at most. */
const mostTerms = 4_000;

/** Words of a text in order, without case and accents: as the index holds them, and as they are searched for. */
export function wordsOf(text: string): readonly string[] {
  const folded = text.normalize('NFKD').replace(accents, '').normalize('NFC');
  const lower = folded.toUpperCase().toLowerCase().replaceAll('\u03c2', '\u03c3');
  const words = (lower.match(runs) ?? []).flatMap((run) =>
    spaceless.test(run) ? segmented(run) : [run],
  );
  return words.map((word) => word.slice(0, mostUnits).toWellFormed());
}

function segmented(run: string): readonly string[] {
  return [...segmenter.segment(run)].map(({ segment }) => segment);
}

/** Terms of a line, as a literal of `tsvector`. No word has a sign that would need care there. */
export function termsOf(guildId: string, text: string): string {
  const words = [...new Set(wordsOf(text))].slice(0, mostTerms);
  return words.map((word) => `'${termOf(guildId, word)}'`).join(' ');
}

/**
 * A word behind its server: so common words of other servers cost a search nothing. The dot is no letter, so that no word of
 * another server is the same term.
 */
export function termOf(guildId: string, word: string): string {
  return `${guildId}\u00b7${word}`;
}
