import { number, type RowOf } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { lineColumns } from './line-tables.ts';
import type { SearchScope } from './search-scope.ts';

/** Columns of a line that was found; `score` is the sum of the weights of its words, 0 where it is not ranked. */
export const foundColumns = { ...lineColumns, score: number };
export type FoundRow = RowOf<typeof foundColumns>;

/** Text of a line, with the id of the line and the key of its server. */
export type IndexedText = { readonly id: number; readonly guildKey: number; readonly text: string };

export type WeightedTerm = { readonly term: string; readonly weight: number };

/** Index of the words of lines: each database has one of its own. A term is a word behind the key of its server. */
export interface WordIndex {
  /** Value of the column `terms` of a line. */
  termsOf(line: Omit<IndexedText, 'id'>): string | undefined;
  /** Puts words in place of those of the same line, before the lines are put; what did not change costs nothing. */
  put(connection: Connection, lines: readonly IndexedText[]): Promise<void>;
  /** Drops the words of these lines, which are deleted. */
  erase(connection: Connection, ids: readonly number[]): Promise<void>;
  /** Drops copies of erased words that the index itself keeps. */
  merge(database: StoreDatabase): Promise<void>;
  /** Numbers of lines with each of these terms; one that is in more than `most` lines counts `most + 1`. */
  counts(
    connection: Connection,
    terms: readonly string[],
    most: number,
  ): Promise<readonly number[]>;
  /** Lines with any of these terms, best first and the newest first among equals; it may leave out those far below the best. */
  best(scope: SearchScope, terms: readonly WeightedTerm[]): Promise<readonly FoundRow[]>;
  /** Lines with all of these terms, the newest first. */
  newest(scope: SearchScope, terms: readonly string[]): Promise<readonly FoundRow[]>;
}
