import type { SqlDialect } from './columns.ts';
import type { Connection } from './connection.ts';

/** Work on one connection. */
export type Work<T> = (connection: Connection) => Promise<T>;

/**
 * Database of a store: a file of SQLite, or PostgreSQL. Its operations take effect in the order in which they were asked for, each
 * wholly or not at all. What PostgreSQL refuses for good fails with BotError `store.misconfigured`.
 */
export interface StoreDatabase extends AsyncDisposable {
  readonly dialect: SqlDialect;
  /** Path, or host, port and name, for sentences. */
  readonly place: string;
  /** Reads as of one instant. Errors: BotError `store.unreadable`. */
  read<T>(work: Work<T>): Promise<T>;
  /** Tries again for a moment. Without an answer to its commit it is unknown whether it was done. Errors: BotError `store.unwritable`. */
  write<T>(work: Work<T>): Promise<T>;
  /** Empties the log of SQLite, in which deleted bytes live on. Errors: BotError `store.unwritable`. */
  emptyLog(): Promise<void>;
  /** Writes a small file anew without what was deleted, and empties its log. Errors: BotError `store.unwritable`. */
  scrub(): Promise<void>;
}
