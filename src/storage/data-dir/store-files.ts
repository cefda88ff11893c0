import { existsSync } from 'node:fs';
import { BotError } from '#src/base/errors.ts';
import { openReadOnly } from '#src/sql/sqlite.ts';
import { tooNew, tooOld } from '#src/sql/trouble.ts';
import { backupsFolder, copiesIn } from '#src/storage/backups/copy-names.ts';
import { migrations } from '#src/storage/main-format.ts';
import { type FormatRange, isTooOld, rangeOf, versionIn } from '#src/storage/schema.ts';
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
 * Errors: BotError `store.newer` or else `store.older`, a sentence for each such file.
 */
export function refuseForeignFormats(dataDir: string): void {
  const files = storeFiles(dataDir).map(({ version = 0, ...file }) => ({ ...file, version }));
  const updated = files.filter(({ version, known }) => version > known);
  const newer = updated.map(({ path, version, known }) => tooNew(path, version, known).message);
  const older = files
    .filter((file) => isTooOld(file.version, file))
    .map(({ path, version, oldest }) => tooOld(path, version, oldest).message);
  if (newer.length + older.length === 0) return;
  const code = newer.length > 0 ? 'store.newer' : 'store.older';
  throw new BotError(code, false, [...newer, ...wayBack(dataDir, updated), ...older].join('\n'));
}

/** The sentence that names the copies from before an update; none where a store has no copy that this program reads. */
function wayBack(dataDir: string, updated: readonly StoreFile[]): readonly string[] {
  const copies = updated.flatMap(({ path, oldest, known }) => {
    const isReadable = (copy: string) => {
      const version = versionIn(copy, lockWaitMs) ?? 0;
      return version >= oldest && version <= known;
    };
    return (
      copiesIn(backupsFolder(dataDir), path).findLast((copy) => isReadable(copy.path))?.path ?? []
    );
  });
  if (copies.length === 0 || copies.length < updated.length) return [];
  return [
    `To go back to this version, restore what was copied before the update: npm run restore -- ${copies.join(' ')}`,
  ];
}

/** Number of captions that the upgrade of the file deletes. Nothing is written. */
export function unsharedLines(dataDir: string): number {
  const path = transcriptsPath(dataDir);
  const version = versionIn(path, lockWaitMs) ?? 0;
  if (version === 0 || version >= withoutPresences) return 0;
  using sqlite = openReadOnly(path, lockWaitMs);
  return Number(sqlite.prepare(countUnsharedLines).get()?.count);
}
