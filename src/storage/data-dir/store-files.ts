import { existsSync } from 'node:fs';
import { openReadOnly } from '#src/sql/sqlite.ts';
import { checkFormat, readSchemaVersion } from '#src/storage/schema.ts';
import {
  describeLostStore,
  type StoreKind,
  storeKinds,
  storePath,
} from '#src/storage/store-kinds.ts';

export type StoreFile = {
  readonly kind: StoreKind;
  readonly path: string;
  readonly version?: number;
};

/** Lists the stores in a folder. `version` is absent if a file cannot be read. */
export function listStoreFiles(dataDir: string): readonly StoreFile[] {
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
 * Refuses stores of unknown formats. Unreadable files pass. Throws BotError
 * `store.format`.
 */
export function refuseForeignFormats(dataDir: string): void {
  // The bot would forget each no.
  for (const { kind, path, version = 0 } of listStoreFiles(dataDir))
    checkFormat(`The store ${path}`, version, kind.sqlite);
}

/** Describes rows of the stores that a migration deletes, a sentence for each store. */
export function describeLostRows(dataDir: string): readonly string[] {
  return listStoreFiles(dataDir).flatMap(({ kind, path, version }) => {
    if (!version || version >= kind.lost.before) return [];
    using sqlite = openReadOnly(path);
    return describeLostStore(kind, sqlite.prepare(kind.lost.sql).get()?.count);
  });
}
