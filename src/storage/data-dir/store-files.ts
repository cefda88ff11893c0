import { existsSync } from 'node:fs';
import { openReadOnly } from '#src/sql/sqlite.ts';
import { checkFormat, readSchemaVersion } from '#src/storage/schema.ts';
import {
  describeLostStore,
  type StoreKind,
  storeKinds,
  storePath,
} from '#src/storage/store-kinds.ts';

/** A file of a `DATA_DIR`, and the format of its last migration. */
export type StoreFile = {
  readonly kind: StoreKind;
  readonly path: string;
  /** Absent where it cannot be read. */
  readonly version?: number;
};

/** Those that are there; nothing is written. */
export function storeFiles(dataDir: string): readonly StoreFile[] {
  return storeKinds.flatMap((kind) => {
    const path = storePath(dataDir, kind);
    return existsSync(path) ? [{ kind, path, version: readVersion(path) }] : [];
  });
}

function readVersion(path: string) {
  try {
    using sqlite = openReadOnly(path);
    return readSchemaVersion(sqlite);
  } catch {
    return undefined;
  }
}

/**
 * Refuses a `DATA_DIR` with a store of a format that this program does not read: without it the bot would forget who said no, and
 * would write nothing. A file that cannot be read is passed. Errors: BotError `store.format`.
 */
export function refuseForeignFormats(dataDir: string): void {
  for (const { kind, path, version = 0 } of storeFiles(dataDir))
    checkFormat(`The store ${path}`, version, kind.sqlite);
}

/** Rows that the upgrade of the files deletes, in sentences. Nothing is written. */
export function describeLostRows(dataDir: string): readonly string[] {
  return storeFiles(dataDir).flatMap(({ kind, path, version }) => {
    if (!version || version >= kind.lost.before) return [];
    using sqlite = openReadOnly(path);
    return describeLostStore(kind, sqlite.prepare(kind.lost.sql).get()?.count);
  });
}
