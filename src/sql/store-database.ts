import type { Connection } from './connection.ts';
import type { Table } from './table.ts';

/** Work on one connection. */
export type Work<T> = (connection: Connection) => Promise<T>;

/**
 * Database of a store: a file of SQLite on this thread, or PostgreSQL. Writes of one lane, say one table of one server, take
 * effect in the order in which they were asked for.
 */
export interface StoreDatabase {
  /** Path, or host, port and name, for sentences. */
  readonly place: string;
  /** Whether other processes write, too. */
  readonly isShared: boolean;
  /** Whether writes wait because the database cannot be reached. */
  readonly isAway: boolean;
  /** Reads after every write that was asked for before in these lanes. Errors: BotError `store.unreadable`. */
  read<T>(lanes: readonly string[], work: Work<T>): Promise<T>;
  /** Reads without waiting for writes that failed and are tried again: stored values are better than none. */
  readPast<T>(lanes: readonly string[], work: Work<T>): Promise<T>;
  /** Reads what belongs together, as of one instant; it may take seconds. Errors: BotError `store.unreadable`. */
  readTogether<T>(work: Work<T>): Promise<T>;
  /**
   * Writes all of `work` or nothing of it, and waits while the database is away. After a commit without an answer it is done
   * again. Errors: BotError `store.unwritable`.
   */
  write<T>(lanes: readonly string[], work: Work<T>, timeoutMs?: number): Promise<T>;
  /**
   * Writes all of `work` or nothing of it at once, and fails while the database is away. What is asked for later in these lanes
   * comes after it. Errors: BotError `store.unwritable`.
   */
  writeNow<T>(work: Work<T>, lanes?: readonly string[], timeoutMs?: number): Promise<T>;
  /** Writes like `write`, and tells `work` whether it is done for the first time: sums must not be added twice. */
  writeOnce<T>(
    lanes: readonly string[],
    work: (connection: Connection, isFirst: boolean) => Promise<T>,
  ): Promise<T>;
  /**
   * Erases in several transactions until `isMore` is false, and empties the log of what was erased, where that is ours to do. A
   * portion is not done again once it is committed. Without lanes it fails while the database is away.
   */
  eraseInPortions<T>(
    lanes: readonly string[] | undefined,
    portion: Work<T>,
    isMore: (done: T) => boolean,
  ): Promise<void>;
  /** Overwrites every byte of what was deleted, where that is ours to do. Errors: BotError `store.unwritable`. */
  scrub(): Promise<void>;
}

/** Longest time, in ms, for erasing, which reads whole tables and may wait for others. */
export const eraseMs = 40_000;

/** Lane of the rows of one server in a table: their writes wait for each other only. */
export function laneOf({ name }: Table, guildId: string): string {
  return `${name} ${guildId}`;
}

/** Lanes of all rows of one server: those of each table, and a lane with the name of the table where its writes all wait for each other. */
export function lanesOf(tables: readonly Table[], guildId: string): readonly string[] {
  return tables.flatMap((table) => [table.name, laneOf(table, guildId)]);
}
