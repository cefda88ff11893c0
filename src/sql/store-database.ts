import type { SqlDialect } from './columns.ts';
import type { Connection } from './connection.ts';

export type Work<T> = (connection: Connection) => Promise<T>;

/**
 * Database of a store. Operations run in order and atomically. A permanent refusal throws BotError
 * `store.misconfigured`.
 */
export interface StoreDatabase extends AsyncDisposable {
  readonly dialect: SqlDialect;
  /** Path or address for the operator, without a password. */
  readonly place: string;
  /** Reads one snapshot. Throws BotError `store.unreadable`. */
  read<T>(work: Work<T>): Promise<T>;
  /**
   * Writes with retries for a moment. A lost commit may have been done. Throws BotError
   * `store.unwritable`.
   */
  write<T>(work: Work<T>): Promise<T>;
  /** Empties SQLite's log, which may hold deleted bytes. Throws BotError `store.unwritable`. */
  emptyLog(): Promise<void>;
  /** Rewrites a small file without deleted bytes. Throws BotError `store.unwritable`. */
  scrub(): Promise<void>;
}
