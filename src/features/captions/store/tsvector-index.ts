import sql, { type Sql } from 'sql-template-tag';
import { integer, text } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import { columnList } from '#src/sql/table.ts';
import { lineColumns } from './line-tables.ts';
import type { SearchScope } from './search-scope.ts';
import { termOf, wordsOf } from './search-tokeniser.ts';
import {
  type FoundRow,
  foundColumns,
  type IndexedText,
  type WeightedTerm,
  type WordIndex,
} from './word-index-port.ts';

/** Terms are written at once: each search would read a list of those that wait. */
export const termsIndex =
  'CREATE INDEX lines_by_term ON lines USING gin (terms) WITH (fastupdate = off);';

/** Words of one line that are told apart; further ones are not found. A row of words takes 1 MB at most. */
const mostTerms = 4_000;
/** Sessions in which frequent words are looked for at first; each time it is twice as many. */
const firstSessions = 16;

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

  async counts(
    connection: Connection,
    terms: readonly string[],
    most: number,
  ): Promise<readonly number[]> {
    const rows = await connection.rows(
      { term: text, count: integer },
      sql`SELECT t.term, (
          SELECT count(*) FROM (
            SELECT FROM lines WHERE terms @@ t.term::tsquery LIMIT ${most + 1}) AS found
        ) AS count FROM unnest(${terms.map(literal)}::text[]) AS t(term)`,
    );
    const counts = new Map(rows.map(({ count, term }) => [term, count]));
    return terms.map((term) => counts.get(literal(term)) ?? 0);
  }

  best(scope: SearchScope, terms: readonly WeightedTerm[]): Promise<readonly FoundRow[]> {
    return scope.connection.rows(foundColumns, bestLines(scope, terms));
  }

  /** From session to session: a frequent word is in most of them. */
  async newest(scope: SearchScope, terms: readonly string[]): Promise<readonly FoundRow[]> {
    const keys = await scope.sessions();
    const { connection, search } = scope;
    const match = terms.map(literal).join(' & ');
    const found: FoundRow[] = [];
    for (let from = 0, count = firstSessions; from < keys.length && found.length < search.limit; ) {
      const some = connection.among(keys.slice(from, from + count));
      const rows = await connection.rows(
        foundColumns,
        sql`SELECT ${columnList(lineColumns, 'l')}, 0 AS score
          FROM sessions s JOIN lines l ON l.session = s.key
          WHERE s.key ${some} AND l.terms @@ ${match}::tsquery AND ${scope.hasLine()}
          ORDER BY l.id DESC LIMIT ${search.limit}`,
      );
      found.push(...rows);
      from += count;
      count *= 2;
    }
    return found;
  }
}

/** SQL of lines with any of these terms, best first. */
function bestLines(scope: SearchScope, terms: readonly WeightedTerm[]): Sql {
  const queries = terms.map(({ term }) => literal(term));
  const weights = terms.map(({ weight }) => weight);
  return sql`
    WITH scored AS MATERIALIZED (
      SELECT l.id, sum(t.weight) AS score
      FROM unnest(${queries}::tsquery[], ${weights}::double precision[]) AS t(query, weight)
      JOIN lines l ON l.terms @@ t.query GROUP BY l.id
    )
    SELECT ${columnList(lineColumns, 'l')}, score
    FROM scored JOIN lines l USING (id) JOIN sessions s ON s.key = l.session
    WHERE ${scope.hasLine()}
    ORDER BY score DESC, l.id DESC LIMIT ${scope.search.limit}`;
}

/** Term as a literal of the types `tsvector` and `tsquery`. A word has no sign that would need care there. */
function literal(term: string): string {
  return `'${term}'`;
}
