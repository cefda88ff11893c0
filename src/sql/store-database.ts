import type { AdmittedErasure } from '#src/base/erasures.ts';
import type { SqlDialect } from './columns.ts';
import type { Connection } from './connection.ts';

export type Work<T> = (connection: Connection) => Promise<T>;

/** Trace of erased rows that may stay in an SQLite file: copies in bytes that no row uses, or none in a file of at most 32 MB. */
export type ErasedTrace = 'unused bytes' | 'no byte';

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
  /** Erases rows as `write` does, where `work` returns their number. `overwriteErased` is due after it. */
  erase(erasure: AdmittedErasure, work: Work<number>): Promise<number>;
  /**
   * Overwrites erased rows in the file of SQLite and its log, if rows were deleted. Rewritings of one file take a tenth of the
   * time at most. Throws BotError `store.unwritable`.
   */
  overwriteErased(leaves: ErasedTrace): Promise<void>;
}
