import sql from 'sql-template-tag';
import type { Connection } from '#src/sql/connection.ts';

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

/**
 * Merges the index of SQLite: until then FTS5 keeps erased words as bounds of its pages (`line_words_idx`). It takes about a second
 * for a million lines.
 */
export async function mergeIndex(connection: Connection): Promise<void> {
  // An erased word makes a new segment, since FTS5 does not merge a single one.
  for (const statement of [
    sql`INSERT INTO line_words (rowid, terms) VALUES (0, '0')`,
    sql`INSERT INTO line_words (line_words, rowid, terms) VALUES ('delete', 0, '0')`,
    sql`INSERT INTO line_words (line_words) VALUES ('optimize')`,
  ])
    await connection.run(statement);
}

/** Letters, digits and the signs that belong to letters. */
const wordRuns = /[\p{L}\p{N}\p{M}]+/gu;
/** Scripts that put no space between words. */
const unspacedScripts =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;
/** Accents of Latin, Greek and Cyrillic, vowel points of Hebrew and Arabic; not the vowels of Hindi or the dakuten of Japanese. */
const accentMarks = /[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u064b-\u0652]/g;
const wordSegmenter = new Intl.Segmenter('en', { granularity: 'word' });
/** Longest word, in UTF-16 units, that is told from others. */
const maxWordUnits = 64;
/** Words of one line that are told apart; further ones are not found. A row of words takes 1 MB at most. */
const maxTermsPerLine = 4_000;

/** Words of a text in order, without case and accents: as the index holds them, and as they are searched for. */
export function splitIntoSearchWords(text: string): readonly string[] {
  const folded = text.normalize('NFKD').replace(accentMarks, '').normalize('NFC');
  const lower = folded.toUpperCase().toLowerCase().replaceAll('\u03c2', '\u03c3');
  const words = (lower.match(wordRuns) ?? []).flatMap((run) =>
    unspacedScripts.test(run)
      ? Array.from(wordSegmenter.segment(run), ({ segment }) => segment)
      : run,
  );
  return words.map((word) => word.slice(0, maxWordUnits).toWellFormed());
}

/** Terms of a line, as a literal of `tsvector`. No word has a sign that would need care there. */
export function toIndexTerms(guildId: GuildId, text: string): string {
  const words = [...new Set(splitIntoSearchWords(text))].slice(0, maxTermsPerLine);
  return words.map((word) => `'${toIndexTerm(guildId, word)}'`).join(' ');
}

/**
 * A word behind its server: so common words of other servers cost a search nothing. The dot is no letter, so that no word of
 * another server is the same term.
 */
export function toIndexTerm(guildId: GuildId, word: string): string {
  return `${guildId}\u00b7${word}`;
}
