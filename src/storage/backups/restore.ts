import { chmodSync, existsSync, renameSync, rmSync } from 'node:fs';
import { BotError } from '#src/base/errors.ts';
import { makeFolder } from '#src/base/make-folder.ts';
import { listColumnNames, toColumnName } from '#src/sql/columns.ts';
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
import { endedErasureMs } from '#src/stores/consents.ts';
import { channelSettingsTable, settingsTable } from '#src/stores/settings-tables.ts';
import { backUpStore } from './backup.ts';
import { isOld, keptDays, listCopies, toBackupsFolder } from './copy-names.ts';

/** Stored settings of one server or of one of its voice channels, as texts by key. */
export type SettingSides = {
  readonly copied: ReadonlyMap<string, string>;
  readonly present: ReadonlyMap<string, string>;
};

export type RestoreOptions = {
  readonly dataDir: string;
  /** Chooses the settings of a server that the present store knows, and those of each of its voice channels. */
  readonly chooseSettings: (sides: SettingSides) => ReadonlyMap<string, string>;
  readonly copies: readonly string[];
  readonly nowWallMs: number;
  /** Folder of stores that were copied from a database. Default: `dataDir`. */
  readonly storesDir?: string;
  /** Restores settings and each no alone, also from an old copy. */
  readonly isSettingsOnly?: boolean;
};

export type RestoredFile = {
  readonly from: string;
  readonly to: string;
  readonly former?: string;
  /** No former store could be read, so a newer no or erasure may be missing. */
  readonly lacksNoes?: boolean;
};

type ExaminedCopy = { readonly path: string; readonly kind: StoreKind };

/** Finds the newest copies, with transcripts if wanted. Throws BotError `store.unreadable`. */
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
 * Replaces the stores once all copies are prepared. The caller must hold the lock of
 * `DATA_DIR`. A BotError `store.*` means nothing changed.
 */
export function restoreStores(options: RestoreOptions): readonly RestoredFile[] {
  // No yes and no token returns, while each no and erasure of both sides stays, and of settings the stricter
  // one. The former store is copied to `DATA_DIR/backups`.
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

/** Removes files of an unfinished restore. Never throws. */
export function removeLeftovers(dataDir: string): void {
  try {
    for (const kind of storeKinds)
      for (const ending of ['.part', '.scratch'])
        rmSync(`${storePath(dataDir, kind)}${ending}`, { force: true });
  } catch {
    // The store reports an unwritable folder.
  }
}

function toPartPath(path: string) {
  return `${path}.part`;
}

/** Checks that a copy can be restored. Throws BotError `store.*`. */
function examineCopy(path: string, options: RestoreOptions) {
  if (!existsSync(path))
    throw createUnreadableCopyError(`There is no copy ${path} to restore.`);
  const { isSettingsOnly, nowWallMs } = options;
  // An old copy may hold people forgotten since.
  if (!isSettingsOnly && isOld(path, nowWallMs)) {
    throw new BotError(
      'store.too_old',
      false,
      `The copy ${path} is older than ${keptDays} days, so only its settings may come back: npm run restore -- --settings ${path}`,
    );
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
 * Prepares a file beside the final place, from rows alone, as somebody may have changed
 * the copy.
 */
function prepareCopy({ path: from, kind }: ExaminedCopy, options: RestoreOptions) {
  const { chooseSettings, dataDir, nowWallMs, storesDir = dataDir } = options;
  const to = storePath(storesDir, kind);
  rmSync(toPartPath(to), { force: true });
  using sqlite = new DatabaseSync(toPartPath(to));
  chmodSync(toPartPath(to), 0o600);
  sqlite.exec(
    'PRAGMA journal_mode = MEMORY; PRAGMA temp_store = MEMORY; PRAGMA synchronous = FULL',
  );
  migrateStore(sqlite, kind.sqlite);
  const target = { sqlite, kind, scratch: `${to}.scratch` };
  const isCopied = visitOtherRows(from, target, () => {
    for (const table of kind.tables) copyReturningRows(sqlite, table, options);
  });
  if (!isCopied) throw createDamagedCopyError(from);
  const formerCopy = copyFormer(to, dataDir, nowWallMs);
  if (kind !== mainStore) return { from, to, former: formerCopy };
  const hasNoes =
    formerCopy &&
    visitOtherRows(formerCopy, target, () => {
      for (const table of kind.tables) copyKeptRows(sqlite, table);
      replaceSettings(sqlite, chooseSettings);
    });
  eraseAnew(sqlite, nowWallMs);
  return { from, to, former: formerCopy, lacksNoes: !hasNoes };
}

/** Copies the rows of `other` that a restore brings back, and those that it keeps. */
function copyReturningRows(
  sqlite: DatabaseSync,
  table: Table,
  { isSettingsOnly = false }: RestoreOptions,
) {
  const { name, person, restored } = table;
  const isDropped = isSettingsOnly && (person.length > 0 || name === 'tracks');
  // Sums of an old copy are of days that are over.
  if (isDropped && table.kept?.keeps === 'greater') return;
  if (restored !== 'none' && !isDropped) {
    const columns = listColumnNames(Object.keys(table.columns));
    sqlite.exec(
      `INSERT OR REPLACE INTO main.${name} (${columns}) SELECT ${columns} FROM other.${name}`,
    );
  }
  copyKeptRows(sqlite, table);
}

/** Copies the rows of `other` that a restore keeps, over those with the same key. */
function copyKeptRows(sqlite: DatabaseSync, { columns, kept, key, name }: Table) {
  if (!kept) return;
  const fields =
    kept.fields ?? Object.keys(columns).filter((one) => !key.includes(one));
  const names = listColumnNames([...key, ...fields]);
  const changes = fields
    .map(toColumnName)
    .map((one) =>
      kept.keeps === 'greater'
        ? `${one} = max(${name}.${one}, excluded.${one})`
        : `${one} = excluded.${one}`,
    );
  const change = changes.length > 0 ? `UPDATE SET ${changes}` : 'NOTHING';
  sqlite.exec(`INSERT INTO main.${name} (${names})
    SELECT ${names} FROM other.${name} WHERE ${kept.condition}
    ON CONFLICT (${listColumnNames(key)}) DO ${change}`);
}

/** Replaces the copied settings of each server that the store `other` knows, and of its voice channels. */
function replaceSettings(
  sqlite: DatabaseSync,
  chooseSettings: RestoreOptions['chooseSettings'],
) {
  const [server, channel] = [settingsTable.name, channelSettingsTable.name];
  // A store that was made for the restore knows no server, and makes nothing stricter.
  const known = `SELECT guild_id FROM other.bot_guilds UNION SELECT guild_id FROM other.${server}
    UNION SELECT guild_id FROM other.${channel}`;
  const places = [
    [server, known],
    [
      channel,
      `SELECT guild_id, channel_id FROM main.${channel} WHERE guild_id IN (${known})
        UNION SELECT guild_id, channel_id FROM other.${channel}`,
    ],
  ] as const;
  sqlite.exec('BEGIN');
  for (const [table, select] of places)
    for (const row of sqlite.prepare(select).all()) {
      const ids = Object.entries(row).map(([column, id]) => [column, String(id)]);
      const place: PlaceRow = Object.fromEntries(ids);
      const copied = readSettings(sqlite, `main.${table}`, place);
      const present = readSettings(sqlite, `other.${table}`, place);
      writeSettings(sqlite, table, place, chooseSettings({ copied, present }));
    }
  sqlite.exec('COMMIT');
}

/** Columns that name a server or a voice channel, with their values. */
type PlaceRow = Readonly<Record<string, string>>;

function readSettings(sqlite: DatabaseSync, table: string, place: PlaceRow) {
  const rows = sqlite
    .prepare(`SELECT key, value FROM ${table} ${toPlaceClause(place)}`)
    .all(...Object.values(place));
  return new Map(rows.map(({ key, value }) => [String(key), String(value)]));
}

/** Writes the settings of a place in place of the copied ones. */
function writeSettings(
  sqlite: DatabaseSync,
  table: string,
  place: PlaceRow,
  settings: ReadonlyMap<string, string>,
) {
  const ids = Object.values(place);
  sqlite.prepare(`DELETE FROM main.${table} ${toPlaceClause(place)}`).run(...ids);
  const columns = [...Object.keys(place), 'key', 'value'];
  const add = sqlite.prepare(
    `INSERT INTO main.${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  );
  for (const [key, value] of settings) add.run(...ids, key, value);
}

function toPlaceClause(place: PlaceRow) {
  const conditions = Object.keys(place).map((column) => `${column} = ?`);
  return `WHERE ${conditions.join(' AND ')}`;
}

/** Repeats erasures, as the copy may hold erased rows, also of people who said something else since. */
function eraseAnew(sqlite: DatabaseSync, nowWallMs: number) {
  sqlite.exec(`UPDATE erasures SET since_wall_ms = ${nowWallMs}, ended_wall_ms = NULL
    WHERE ended_wall_ms >= ${nowWallMs - endedErasureMs}`);
  sqlite.exec(`INSERT OR IGNORE INTO erasures (guild_id, person_id, since_wall_ms)
    SELECT guild_id, person_id, ${nowWallMs} FROM consents WHERE kind = 'forgotten'`);
}

/**
 * Calls `visit` while the rows of a store are attached as `other`, by way of `scratch`. Returns false if the store is no such
 * store. Throws errors of SQLite and the file system.
 */
function visitOtherRows(
  from: string,
  { sqlite, kind, scratch }: { sqlite: DatabaseSync; kind: StoreKind; scratch: string },
  visit: () => void,
) {
  {
    using copied = openReadOnly(from);
    copyInto(copied, scratch);
  }
  try {
    {
      using copied = new DatabaseSync(scratch);
      dropPrograms(copied);
      migrateStore(copied, kind.sqlite);
    }
    sqlite.prepare('ATTACH ? AS other').run(scratch);
    visit();
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

/** Replaces a file atomically. */
function replaceFile(path: string) {
  // The old log was already copied.
  for (const ending of ['-wal', '-shm']) rmSync(`${path}${ending}`, { force: true });
  renameSync(toPartPath(path), path);
}

/**
 * Copies the former store. Undefined if missing or damaged. Throws BotError
 * `store.unreadable`.
 */
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
