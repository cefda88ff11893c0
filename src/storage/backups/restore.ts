import { chmodSync, existsSync, renameSync, rmSync } from 'node:fs';
import { BotError } from '#src/base/errors.ts';
import { makeFolder } from '#src/base/make-folder.ts';
import { listColumnNames } from '#src/sql/columns.ts';
import { copyInto, DatabaseSync, isWhole, openReadOnly } from '#src/sql/sqlite.ts';
import { isDamage, isOfOtherForm, toStoreError } from '#src/sql/store-errors.ts';
import type { Table } from '#src/sql/table.ts';
import { checkFormat, migrateStore, readSchemaVersion } from '#src/storage/schema.ts';
import {
  listWantedKinds,
  mainStore,
  type StoreKind,
  storeKinds,
  storePath,
} from '#src/storage/store-kinds.ts';
import { backUpStore } from './backup.ts';
import { isOld, keptDays, listCopies, toBackupsFolder } from './copy-names.ts';

export type RestoreOptions = {
  readonly dataDir: string;
  /** Paths of copies, one of each kind at most. */
  readonly copies: readonly string[];
  readonly nowWallMs: number;
  /** Folder of the stores where they are no files in use, but were copied from a database; else `dataDir`. */
  readonly storesDir?: string;
  /** Whether only settings of servers and each no come back, also of an old copy. */
  readonly isSettingsOnly?: boolean;
};

/** One file that was put back. */
export type RestoredFile = {
  readonly from: string;
  readonly to: string;
  /** Copy of what stood there before, where that could be read. */
  readonly former?: string;
  /** Whether each no and each erasure after the copy is unknown: no former store could be read. */
  readonly lacksNoes?: boolean;
};

type ExaminedCopy = { readonly path: string; readonly kind: StoreKind };

/** The newest copy of the store in `DATA_DIR/backups`, and of transcripts where wanted. Errors: BotError `store.unreadable`. */
export function findNewestCopies(
  dataDir: string,
  withTranscripts: boolean,
): readonly string[] {
  return listWantedKinds(withTranscripts).map((kind) => {
    const folder = toBackupsFolder(dataDir);
    const newest = listCopies(folder, storePath(dataDir, kind)).at(-1);
    if (newest !== undefined) return newest;
    throw createUnreadableCopyError(
      `There is no copy of the ${kind.name} in ${folder}: name the file to restore.`,
    );
  });
}

/**
 * Puts copies in the places of the stores, once all of them are prepared. No yes and no token comes back. Each no and each erasure
 * does, and those of the former store stay; it is copied to `DATA_DIR/backups`, where it can be read.
 *
 * For a program of its own that holds the lock of `DATA_DIR`: it waits inside. Errors: BotError `store.*`; then nothing changed.
 */
export function restoreStores(options: RestoreOptions): readonly RestoredFile[] {
  const { copies, dataDir, storesDir = dataDir } = options;
  const examined = copies.map((path) => examineCopy(path, options));
  try {
    makeFolder(storesDir);
    const prepared = examined.map((copy) => prepareCopy(copy, options));
    const main = storePath(storesDir);
    if (existsSync(main) && !prepared.some(({ to }) => to === main)) {
      using sqlite = new DatabaseSync(main);
      migrateStore(sqlite, mainStore.sqlite);
      eraseAnew(sqlite, options.nowWallMs);
    }
    for (const { to } of prepared) replaceFile(to);
    return prepared;
  } catch (error) {
    throw toStoreError(storePath(storesDir), error);
  } finally {
    removeLeftovers(storesDir);
  }
}

/** Takes away what a restoring that was killed left beside the stores. */
export function removeLeftovers(dataDir: string): void {
  try {
    for (const kind of storeKinds)
      for (const ending of ['.part', '.scratch'])
        rmSync(`${storePath(dataDir, kind)}${ending}`, { force: true });
  } catch {
    // It cannot be written there, which the store tells of.
  }
}

function toPartPath(path: string) {
  return `${path}.part`;
}

/** Errors: BotError `store.*` for what is no copy, damaged, too new or too old. */
function examineCopy(path: string, options: RestoreOptions) {
  if (!existsSync(path))
    throw createUnreadableCopyError(`There is no copy ${path} to restore.`);
  const { isSettingsOnly, nowWallMs } = options;
  // People may stand in it who were forgotten meanwhile.
  if (!isSettingsOnly && isOld(path, nowWallMs)) {
    const message = `The copy ${path} is older than ${keptDays} days, so only its settings may come back: npm run restore -- --settings ${path}`;
    throw new BotError('store.too_old', false, message);
  }
  try {
    using sqlite = openReadOnly(path);
    const isThere = sqlite.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?');
    const kinds = listWantedKinds(!isSettingsOnly);
    const kind = kinds.find(({ tables }) =>
      tables.some(({ name }) => isThere.get(name)),
    );
    if (!kind)
      throw createUnreadableCopyError(
        `The file ${path} holds nothing to restore: name another file.`,
      );
    if (!isWhole(sqlite)) throw createDamagedCopyError(path);
    checkFormat(`The copy ${path}`, readSchemaVersion(sqlite), kind.sqlite);
    return { path, kind };
  } catch (error) {
    throw isDamage(error)
      ? createDamagedCopyError(path, error)
      : toStoreError(path, error);
  }
}

/**
 * The file as it is to be, beside its place. A change that is cut short leaves it damaged. Its tables are made here, and take rows
 * alone: somebody may have changed the copy.
 */
function prepareCopy({ path: from, kind }: ExaminedCopy, options: RestoreOptions) {
  const { dataDir, isSettingsOnly = false, nowWallMs, storesDir = dataDir } = options;
  const to = storePath(storesDir, kind);
  rmSync(toPartPath(to), { force: true });
  using sqlite = new DatabaseSync(toPartPath(to));
  chmodSync(toPartPath(to), 0o600);
  sqlite.exec(
    'PRAGMA journal_mode = MEMORY; PRAGMA temp_store = MEMORY; PRAGMA synchronous = FULL',
  );
  migrateStore(sqlite, kind.sqlite);
  const taken = { sqlite, kind, scratch: `${to}.scratch` };
  if (!takeRows(from, taken, (table) => selectReturningRows(table, isSettingsOnly)))
    throw createDamagedCopyError(from);
  const former = copyFormer(to, dataDir, nowWallMs);
  if (kind !== mainStore) return { from, to, former };
  const hasNoes =
    former && takeRows(former, taken, ({ name }) => keptNoConditions[name] ?? 'false');
  eraseAnew(sqlite, nowWallMs);
  return { from, to, former, lacksNoes: !hasNoes };
}

/** SQL of the rows that are a no or an erasure, by their table: they always come back, and those of the former store stay. */
const keptNoConditions: Readonly<Record<string, string>> = {
  consents: "kind <> 'always'",
  erasures: 'true',
  left_out_of_captions: 'true',
};
const droppedAgreements: ReadonlySet<string> = new Set(['api_tokens', 'seat_consents']);

/** SQL of the rows of a copy that come back: no yes and no token. */
function selectReturningRows({ name, person }: Table, isSettingsOnly: boolean) {
  const isDropped = isSettingsOnly && (person.length > 0 || name === 'tracks');
  return keptNoConditions[name] ?? `${!isDropped && !droppedAgreements.has(name)}`;
}

/** Begins an erasure of each forgotten person: what was erased after the copy was made comes back with it. */
function eraseAnew(sqlite: DatabaseSync, nowWallMs: number) {
  sqlite.exec(`INSERT OR IGNORE INTO erasures (guild_id, person_id, since_wall_ms)
    SELECT guild_id, person_id, ${nowWallMs} FROM consents WHERE kind = 'forgotten'`);
}

/**
 * Takes rows of the known tables of another file, which may have a former format. None of its triggers and views runs. Whether it
 * has such tables. `scratch`: where it is copied to be read. Errors: SQLite's own, and those of the file system.
 */
function takeRows(
  from: string,
  { sqlite, kind, scratch }: { sqlite: DatabaseSync; kind: StoreKind; scratch: string },
  rowsOf: (table: Table) => string,
) {
  {
    using other = openReadOnly(from);
    copyInto(other, scratch);
  }
  try {
    {
      using other = new DatabaseSync(scratch);
      dropPrograms(other);
      migrateStore(other, kind.sqlite);
    }
    sqlite.prepare('ATTACH ? AS other').run(scratch);
    for (const table of kind.tables) {
      const columns = listColumnNames(Object.keys(table.columns));
      sqlite.exec(`INSERT OR REPLACE INTO main.${table.name} (${columns})
        SELECT ${columns} FROM other.${table.name} WHERE ${rowsOf(table)}`);
    }
    sqlite.exec('DETACH other');
    return true;
  } catch (error) {
    if (isOfOtherForm(error)) return false;
    throw error;
  }
}

function dropPrograms(sqlite: DatabaseSync) {
  const programs =
    "SELECT type, name FROM sqlite_schema WHERE type IN ('trigger', 'view')";
  for (const { name, type } of sqlite.prepare(programs).all())
    sqlite.exec(`DROP ${type} "${String(name).replaceAll('"', '""')}"`);
}

/**
 * Puts a file in its place. The log there belongs to the former one, and is in that since it was copied. A process that is killed
 * leaves in each place the former file or the new one, whole.
 */
function replaceFile(path: string) {
  for (const ending of ['-wal', '-shm']) rmSync(`${path}${ending}`, { force: true });
  renameSync(toPartPath(path), path);
}

/** Undefined where nothing is there, or it is damaged. Errors: BotError `store.unreadable`. */
function copyFormer(path: string, dataDir: string, nowWallMs: number) {
  if (!existsSync(path)) return undefined;
  try {
    return backUpStore(path, toBackupsFolder(dataDir), nowWallMs);
  } catch (error) {
    if (error instanceof BotError && isDamage(error.cause)) return undefined;
    throw error;
  }
}

function createDamagedCopyError(path: string, cause?: unknown) {
  return createUnreadableCopyError(
    `The copy ${path} is damaged or is no database: take another copy.`,
    cause,
  );
}

function createUnreadableCopyError(message: string, cause?: unknown) {
  return new BotError('store.unreadable', false, message, cause);
}
