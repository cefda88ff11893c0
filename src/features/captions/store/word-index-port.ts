import type { Connection } from '#src/sql/connection.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';

/** Text of a line, with the id of the line and the key of its server. */
export type IndexedText = { readonly id: number; readonly guildKey: number; readonly text: string };

/** Index of the words of lines: each database has one of its own. A term is a word behind the key of its server. */
export interface WordIndex {
  /** Value of the column `terms` of a line. */
  termsOf(line: Omit<IndexedText, 'id'>): string | undefined;
  /** Puts words in place of those of the same line, before the lines are put; unchanged ones cost nothing. */
  put(connection: Connection, lines: readonly IndexedText[]): Promise<void>;
  /** Drops the words of these lines, which are deleted. */
  erase(connection: Connection, ids: readonly number[]): Promise<void>;
  /** Drops copies of erased words that the index itself keeps. */
  merge(database: StoreDatabase): Promise<void>;
  /** Ids of the newest lines with this term in these sessions, at most `most`; the keys are the newest first. */
  newest(
    connection: Connection,
    term: string,
    sessionKeys: readonly number[],
    most: number,
  ): Promise<readonly number[]>;
}
