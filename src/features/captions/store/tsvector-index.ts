import sql from 'sql-template-tag';
import { key } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import { termOf, wordsOf } from './search-tokeniser.ts';
import type { IndexedText, WordIndex } from './word-index-port.ts';

/** Terms are written at once: each search would read a list of those that wait. */
export const termsIndex =
  'CREATE INDEX lines_by_term ON lines USING gin (terms) WITH (fastupdate = off);';

/** Words of one line that are told apart; further ones are not found. A row of words takes 1 MB at most. */
const mostTerms = 4_000;
/** Index of the words of lines in PostgreSQL: the column `terms` of a line. */
export class TsvectorIndex implements WordIndex {
  termsOf({ guildKey, text }: Omit<IndexedText, 'id'>): string {
    const words = [...new Set(wordsOf(text))].slice(0, mostTerms);
    return words.map((word) => literal(termOf(guildKey, word))).join(' ');
  }

  async put(): Promise<void> {
    // They are a column of the line.
  }

  async erase(): Promise<void> {
    // They go with the line.
  }

  async merge(): Promise<void> {
    // There are none.
  }

  async newest(
    connection: Connection,
    term: string,
    sessionKeys: readonly number[],
    most: number,
  ): Promise<readonly number[]> {
    const rows = await connection.rows(
      { id: key },
      sql`SELECT id FROM lines
        WHERE terms @@ ${literal(term)}::tsquery AND session ${connection.among(sessionKeys)}
        ORDER BY id DESC LIMIT ${most}`,
    );
    return rows.map(({ id }) => id);
  }
}

/** Term as a literal of the types `tsvector` and `tsquery`. A word has no sign that would need care there. */
function literal(term: string): string {
  return `'${term}'`;
}
