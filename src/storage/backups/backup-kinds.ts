import { realClock } from '#src/base/clock.ts';
import { tables as transcriptTables } from '#src/features/captions/store/transcript-tables.ts';
import { type DatabaseSync, SqliteConnection } from '#src/sql/sqlite.ts';
import type { Table } from '#src/sql/table.ts';
import { migrations } from '#src/storage/main-format.ts';
import type { Migration } from '#src/storage/schema.ts';
import { storePath } from '#src/storage/store.ts';
import { tables } from '#src/storage/stores/tables.ts';
import { migrations as transcriptMigrations } from '#src/storage/transcripts/schema.ts';
import { transcriptsPath } from '#src/storage/transcripts/transcripts-path.ts';

/** One of the files that `npm run backup` copies. */
export type BackupKind = {
  /** With its article, for sentences. */
  readonly words: string;
  path(dataDir: string): string;
  /** A table that only this kind of file has, in every format. */
  readonly table: string;
  readonly migrations: readonly Migration[];
  readonly tables: readonly Table[];
};

export const mainKind: BackupKind = {
  words: 'the store',
  path: storePath,
  table: 'panels',
  migrations,
  tables,
};

const transcriptsKind: BackupKind = {
  words: 'the transcripts',
  path: transcriptsPath,
  table: 'caption_messages',
  migrations: transcriptMigrations,
  tables: transcriptTables,
};

/** In the order in which they are restored. */
export const backupKinds: readonly BackupKind[] = [mainKind, transcriptsKind];

/** A file that no other program uses. No row that it writes has a writer. */
export function connectionTo(sqlite: DatabaseSync): SqliteConnection {
  return new SqliteConnection(sqlite, '', () => realClock.wallMs());
}
