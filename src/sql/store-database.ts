import type { Connection } from './connection.ts';

/** Work on one connection. */
export type Work<T> = (connection: Connection) => Promise<T>;

/**
 * Database of a store: a file of SQLite on this thread, or PostgreSQL. One queue holds the writes of a process: they take effect in
 * the order in which they were asked for.
 */
export interface StoreDatabase {
  /** Path, or host, port and name, for sentences. */
  readonly place: string;
  /** Whether other processes write, too. */
  readonly isShared: boolean;
  /** Whether writes wait because the database cannot be reached. */
  readonly isAway: boolean;
  /** Reads after every write that was asked for before. Errors: BotError `store.unreadable`. */
  read<T>(work: Work<T>): Promise<T>;
  /** Reads what belongs together, as of one instant; it may take seconds. Errors: BotError `store.unreadable`. */
  readTogether<T>(work: Work<T>): Promise<T>;
  /**
   * Writes all of `work` or nothing of it, and waits while the database is away. After a commit without an answer it is done
   * again: sums are then too high, never too low. Errors: BotError `store.unwritable`.
   */
  write<T>(work: Work<T>): Promise<T>;
  /**
   * Writes all of `work` or nothing of it at once, and fails while the database is away. What is asked for later comes after it.
   * Errors: BotError `store.unwritable`.
   */
  writeNow<T>(work: Work<T>): Promise<T>;
  /**
   * Erases by several writes until `isMore` is false, so that others come between them, and empties the log of what was erased,
   * where that is ours to do.
   */
  eraseInPortions<T>(portion: Work<T>, isMore: (done: T) => boolean): Promise<void>;
  /** Overwrites every byte of what was deleted, where that is ours to do. Errors: BotError `store.unwritable`. */
  scrub(): Promise<void>;
}
