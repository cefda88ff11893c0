import sql from 'sql-template-tag';
import type { GuildId } from '#src/base/ids.ts';
import type { Connection } from '#src/sql/connection.ts';

/**
 * Index of SQLite, kept by triggers. Pages of 1,000 bytes halve the time of erasing. Source:
 * https://www.sqlite.org/fts5.html#the_pgsz_configuration_option
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

/** Index of PostgreSQL. Terms are written at once, since each search would read a pending list. */
export const termsIndex =
  'CREATE INDEX lines_by_term ON lines USING gin (terms) WITH (fastupdate = off);';

/**
 * Merges the index so that no erased word stays. Takes a second for a million lines.
 */
export async function mergeIndex(connection: Connection): Promise<void> {
  // Until a merge, FTS5 keeps erased words as bounds of its pages (its table line_words_idx).
  // An erased word makes a new segment, since FTS5 does not merge a single one.
  for (const statement of [
    sql`INSERT INTO line_words (rowid, terms) VALUES (0, '0')`,
    sql`INSERT INTO line_words (line_words, rowid, terms) VALUES ('delete', 0, '0')`,
    sql`INSERT INTO line_words (line_words) VALUES ('optimize')`,
  ])
    await connection.run(statement);
}

const wordRuns = /[\p{L}\p{N}\p{M}]+/gu;
const unspacedScripts =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;
/**
 * Accents of Latin, Greek and Cyrillic, vowel points of Hebrew and Arabic, but no
 * vowels of Hindi or dakuten of Japanese.
 */
const accentMarks = /[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u064b-\u0652]/g;
const wordSegmenter = new Intl.Segmenter('en', { granularity: 'word' });
/** In UTF-16 units. */
const maxWordUnits = 64;
/** Further words are not found. A row of words takes 1 MB at most. */
const maxTermsPerLine = 4_000;

/** Splits a text into words without case and accents, for the index and for a search. */
export function splitIntoSearchWords(text: string): readonly string[] {
  const folded = text.normalize('NFKD').replace(accentMarks, '').normalize('NFC');
  const lower = folded.toUpperCase().toLowerCase().replaceAll('\u03c2', '\u03c3');
  const searchWords = (lower.match(wordRuns) ?? []).flatMap((run) =>
    unspacedScripts.test(run)
      ? Array.from(wordSegmenter.segment(run), ({ segment }) => segment)
      : run,
  );
  return searchWords.map((word) => word.slice(0, maxWordUnits).toWellFormed());
}

/** Formats the words of a text as a literal of `tsvector`. No word needs an escape. */
export function toIndexTerms(guildId: GuildId, text: string): string {
  const indexWords = [...new Set(splitIntoSearchWords(text))].slice(0, maxTermsPerLine);
  return indexWords.map((word) => `'${toIndexTerm(guildId, word)}'`).join(' ');
}

/** Builds the term of one word in one server. */
export function toIndexTerm(guildId: GuildId, word: string): string {
  // Words of other servers then cost a search nothing.
  return `${guildId}\u00b7${word}`;
}
