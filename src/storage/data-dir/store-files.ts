import { existsSync } from 'node:fs';
import { openReadOnly } from '#src/sql/sqlite.ts';
import { type FormatRange, formatError, rangeOf, versionIn } from '#src/storage/schema.ts';
import { lostSentences, storeKinds, storePath } from '#src/storage/store-kinds.ts';

/** A file of a `DATA_DIR`, the format of its last migration, and the formats that this program reads. */
export type StoreFile = FormatRange & {
  readonly path: string;
  /** Absent where it cannot be read. */
  readonly version?: number;
};

const lockWaitMs = 2_000;

/** Those that are there; nothing is written. */
export function storeFiles(dataDir: string): readonly StoreFile[] {
  return storeKinds
    .map((kind) => ({ path: storePath(dataDir, kind), range: rangeOf(kind.sqlite) }))
    .filter(({ path }) => existsSync(path))
    .map(({ path, range }) => ({ path, ...range, version: versionIn(path, lockWaitMs) }));
}

/**
 * Refuses a `DATA_DIR` with a store of a format that this program does not read: without it the bot would forget who said no, and
 * would write nothing. A file that cannot be read is passed. Errors: BotError `store.format`.
 */
export function refuseForeignFormats(dataDir: string): void {
  for (const { path, version = 0, ...range } of storeFiles(dataDir)) {
    const error = formatError(`The store ${path}`, version, range);
    if (error) throw error;
  }
}

/** Rows that the upgrade of the files deletes, in sentences. Nothing is written. */
export function lostRows(dataDir: string): readonly string[] {
  return storeKinds.flatMap((kind) => {
    const path = storePath(dataDir, kind);
    const version = versionIn(path, lockWaitMs) ?? 0;
    if (version === 0 || version >= kind.lost.before) return [];
    using sqlite = openReadOnly(path, lockWaitMs);
    return lostSentences(kind, sqlite.prepare(kind.lost.sql).get()?.count);
  });
}
