import { existsSync } from 'node:fs';
import { BotError } from '#src/base/errors.ts';
import { openReadOnly } from '#src/sql/sqlite.ts';
import { migrations } from '#src/storage/main-format.ts';
import { type FormatRange, formatError, rangeOf, versionIn } from '#src/storage/schema.ts';
import { storePath } from '#src/storage/store.ts';
import {
  countUnsharedLines,
  migrations as transcriptMigrations,
  withoutPresences,
} from '#src/storage/transcripts/schema.ts';
import { transcriptsPath } from '#src/storage/transcripts/transcripts-path.ts';

/** A file of a `DATA_DIR`, the format of its last migration, and the formats that this program reads. */
export type StoreFile = FormatRange & {
  readonly path: string;
  /** Absent where it cannot be read. */
  readonly version?: number;
};

const lockWaitMs = 2_000;

/** Those that are there; nothing is written. */
export function storeFiles(dataDir: string): readonly StoreFile[] {
  const files = [
    { path: storePath(dataDir), steps: migrations },
    { path: transcriptsPath(dataDir), steps: transcriptMigrations },
  ];
  return files
    .filter(({ path }) => existsSync(path))
    .map(({ path, steps }) => {
      const version = versionIn(path, lockWaitMs);
      return { path, ...rangeOf(steps), version };
    });
}

/**
 * Refuses a `DATA_DIR` with a store of a later version of this program, or of one from before the first release: without it
 * the bot would forget who said no, and would write nothing. A file that cannot be read is passed.
 *
 * Errors: BotError `store.newer` or `store.older`, a sentence for each such file.
 */
export function refuseForeignFormats(dataDir: string): void {
  const errors = storeFiles(dataDir).flatMap(
    ({ path, version = 0, ...range }) => formatError(`The store ${path}`, version, range) ?? [],
  );
  const [first] = errors;
  if (!first) return;
  throw new BotError(first.code, false, errors.map(({ message }) => message).join('\n'));
}

/** Number of captions that the upgrade of the file deletes. Nothing is written. */
export function unsharedLines(dataDir: string): number {
  const path = transcriptsPath(dataDir);
  const version = versionIn(path, lockWaitMs) ?? 0;
  if (version === 0 || version >= withoutPresences) return 0;
  using sqlite = openReadOnly(path, lockWaitMs);
  return Number(sqlite.prepare(countUnsharedLines).get()?.count);
}
