import type { Clock } from '#src/base/clock.ts';
import type { DatabaseFormat } from '#src/storage/database.ts';
import type { SchemaPart } from '#src/storage/postgres/migrate.ts';
import type { PostgresPool } from '#src/storage/postgres/pool.ts';
import type { SqlConnection } from '#src/storage/postgres/sql-connection.ts';
import type { DatabaseSync } from '#src/storage/sqlite.ts';

/** A column that is kept in another form in PostgreSQL. */
export type ColumnForm = {
  /** Its name there. */
  readonly name: string;
  /** SQL that gives the value of SQLite. */
  readonly read: string;
  /** Value of PostgreSQL, of that of SQLite. */
  readonly write: (value: unknown) => unknown;
};

/** A column that only PostgreSQL has. */
export type AddedColumn = {
  readonly name: string;
  readonly type: string;
  /** Its value for a row of the file. */
  readonly of: (row: Readonly<Record<string, unknown>>, sqlite: DatabaseSync) => unknown;
};

/** Tables of one SQLite file that stand in PostgreSQL by the same names, with the same columns but for a few. */
export type CopiedPart = {
  readonly name: string;
  readonly file: (dataDir: string) => string;
  /** Absent: that of the store. */
  readonly format?: DatabaseFormat;
  readonly schema: SchemaPart;
  /** By table and column, say `seats.alive_ms`. */
  readonly forms: Readonly<Record<string, ColumnForm>>;
  /** Tables of the file alone, say an index of words. */
  readonly isOfFileOnly?: (table: string) => boolean;
  /** A column that only PostgreSQL has, by table. */
  readonly additions?: Readonly<Record<string, AddedColumn>>;
  /** Makes what follows from the rows, once they are all there: an index of words, or counters of keys. */
  readonly complete?: {
    readonly sqlite: (sqlite: DatabaseSync) => void;
    readonly postgres: (connection: SqlConnection) => Promise<void>;
  };
};

export type CopyOptions = {
  readonly part: CopiedPart;
  readonly dataDir: string;
  readonly pool: PostgresPool;
  readonly to: 'postgres' | 'sqlite';
  /** Whether what is in the target may be replaced. */
  readonly replaces: boolean;
  readonly clock: Clock;
};

/** Rows of a table, counted in the source and again in the target. */
export type CopiedCount = { readonly table: string; readonly rows: number };
