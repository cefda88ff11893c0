import { chmodSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { BotError } from '#src/base/errors.ts';
import { DatabaseSync, openReadOnly } from '#src/sql/sqlite.ts';
import { asTrouble, isBusy, isDamage, lastDevelopmentCommit } from '#src/sql/trouble.ts';
import { isTooOld, migrate, rangeOf, versionOf } from '#src/storage/schema.ts';
import { backUp } from './backup.ts';
import { type BackupKind, backupKinds } from './backup-kinds.ts';
import { backupsFolder, copiesIn, madeAtWallMs } from './copy-names.ts';
import { changeFile, eraseForgotten } from './erase-from-copies.ts';
import { forgottenDays, hasForgottenList, readForgottenIn } from './forgotten-list.ts';
import { keepRefusals } from './keep-refusals.ts';
import { type FileChange, removeFormer, replaceFiles } from './replace-files.ts';

export type RestoreOptions = {
  readonly dataDir: string;
  /** Paths of copies, one of each kind at most. */
  readonly copies: readonly string[];
  readonly nowWallMs: number;
  /** Folder of the stores where they are no files in use, but were copied from a database; else `dataDir`. */
  readonly storesDir?: string;
  /** Folders of further lists of forgotten people, each with its key: those of other processes; default: none. */
  readonly otherListDirs?: readonly string[];
};

/** One file that was put back. */
export type RestoredFile = {
  readonly from: string;
  readonly to: string;
  /** Rows of people who were forgotten since the copy was made: deleted again. */
  readonly forgottenRows: number;
  /** Refusals of the store before that still count; undefined where the file before cannot be read. */
  readonly refusals: number | undefined;
  /** Copy of what stood there before, where that could be read. */
  readonly former?: string;
  /** False where nothing tells who was forgotten since: `DATA_DIR` is new. */
  readonly knowsForgotten: boolean;
};

type ExaminedCopy = { readonly path: string; readonly kind: BackupKind };
type PreparedFile = FileChange & RestoredFile;

const lockWaitMs = 10_000;
const keptMs = forgottenDays * 86_400_000;
/** Longest time, in ms, by which the clock that named a copy may have been ahead of the one that noted a forgetting. */
const clocksMs = 86_400_000;

/** The newest copy of the store in `DATA_DIR/backups`, and of transcripts where wanted. Errors: BotError `store.unreadable`. */
export function newestCopies(dataDir: string, withTranscripts: boolean): readonly string[] {
  return backupKinds.slice(0, withTranscripts ? 2 : 1).map((kind) => {
    const folder = backupsFolder(dataDir);
    const newest = copiesIn(folder, kind.path(dataDir)).at(-1);
    if (newest) return newest.path;
    const message = `There is no copy of ${kind.words} in ${folder}: name the file to restore.`;
    throw new BotError('store.unreadable', false, message);
  });
}

/**
 * Puts copies in the places of the stores, all of them or none. People who were forgotten since they were made are forgotten again,
 * people who refused since are not heard, and a token that was revoked or made anew stays invalid. The former store is copied to `DATA_DIR/backups`, where it can be read.
 *
 * For a program of its own that holds the lock of `DATA_DIR`: it waits inside. Errors: BotError `store.*`; then nothing changed.
 */
export async function restoreStores(options: RestoreOptions): Promise<readonly RestoredFile[]> {
  const { copies, dataDir, storesDir = dataDir } = options;
  const examined = copies.map((path) => examine(path, options));
  const [one, other] = examined;
  if (one && other?.kind === one.kind) {
    const message = `Both ${one.path} and ${other.path} are copies of ${one.kind.words}: name one of them.`;
    throw new BotError('store.unreadable', false, message);
  }
  mkdirSync(storesDir, { recursive: true, mode: 0o700 });
  const prepared: PreparedFile[] = [];
  try {
    for (const copy of examined) prepared.push(await prepare(copy, options));
    replaceFiles(prepared);
  } finally {
    for (const { kind } of examined) rmSync(partOf(kind.path(storesDir)), { force: true });
  }
  return prepared;
}

/** Takes away what a restoring that was killed left beside the stores. */
export function removeLeftovers(dataDir: string): void {
  try {
    for (const path of backupKinds.map((kind) => kind.path(dataDir))) {
      removeFormer(path);
      rmSync(partOf(path), { force: true });
    }
  } catch {
    // It cannot be written there, which the store tells of.
  }
}

function partOf(storePath: string): string {
  return `${storePath}.part`;
}

/** Errors: BotError `store.*` for what is no copy, damaged, too new or too old. */
function examine(path: string, options: RestoreOptions): ExaminedCopy {
  if (!existsSync(path))
    throw new BotError('store.unreadable', false, `There is no copy ${path} to restore.`);
  refuseOld(path, options);
  try {
    using sqlite = openReadOnly(path, lockWaitMs);
    const kind = kindOf(sqlite);
    if (!kind) {
      const message = `The file ${path} is a copy of neither the store nor transcripts: name another file.`;
      throw new BotError('store.unreadable', false, message);
    }
    if (sqlite.prepare('PRAGMA quick_check(1)').get()?.quick_check !== 'ok') throw damaged(path);
    refuseFormat(path, versionOf(sqlite), kind);
    refuseForeign(path, sqlite, kind);
    return { path, kind };
  } catch (error) {
    throw isDamage(error) ? damaged(path, error) : asTrouble('store.unreadable', path, error);
  }
}

function kindOf(sqlite: DatabaseSync): BackupKind | undefined {
  const sql = "SELECT name FROM sqlite_schema WHERE type = 'table'";
  const tables = new Set(
    sqlite
      .prepare(sql)
      .all()
      .map(({ name }) => name),
  );
  return backupKinds.find(({ table }) => tables.has(table));
}

function refuseFormat(path: string, version: number, { migrations }: BackupKind): void {
  const range = rangeOf(migrations);
  if (version > range.known) {
    const message = `The copy ${path} was made by a newer Parley (format ${version}, this one reads up to ${range.known}): update the bot first.`;
    throw new BotError('store.newer', false, message);
  }
  if (!isTooOld(version, range)) return;
  const message = `The copy ${path} has format ${version}, from before the first release; this program reads formats from ${range.oldest} on. Restore it with commit ${lastDevelopmentCommit} to export the data, or take a newer copy.`;
  throw new BotError('store.older', false, message);
}

/** Refuses a copy whose schema another program changed: an added trigger, say, would change later writes. */
function refuseForeign(path: string, sqlite: DatabaseSync, { migrations }: BackupKind): void {
  const version = versionOf(sqlite);
  using fresh = new DatabaseSync(':memory:');
  migrate(
    fresh,
    path,
    migrations.filter((step) => step.version <= version),
  );
  const [ours, theirs] = [schemaOf(fresh), schemaOf(sqlite)];
  const [strange = ''] = [
    ...theirs.filter((one) => !ours.includes(one)),
    ...ours.filter((one) => !theirs.includes(one)),
  ];
  if (strange === '' && ours.length === theirs.length) return;
  const what = strange.split(' ', 2).join(' ');
  const message = `Another program changed the copy ${path} (${what}): take another copy.`;
  throw new BotError('store.unreadable', false, message);
}

/** Tables, indexes, views and triggers with their SQL, without spaces and quotes, which versions of SQLite write differently. */
function schemaOf(sqlite: DatabaseSync): readonly string[] {
  const sql = `SELECT type, name, tbl_name, coalesce(sql, '') AS sql FROM sqlite_schema
    WHERE NOT (type = 'table' AND name LIKE 'sqlite^_stat_' ESCAPE '^')`;
  const rows = sqlite.prepare(sql).all();
  return rows.map(
    ({ type, name, tbl_name, sql: text }) =>
      `${type} ${name} ${tbl_name} ${`${text}`.replace(/[\s"]+/g, '')}`,
  );
}

/** Refuses copies older than 30 days, unless they lie in `DATA_DIR/backups`, from which forgotten people are deleted: the list of forgotten people covers 30 days. */
function refuseOld(path: string, { dataDir, nowWallMs }: RestoreOptions): void {
  if (isAtHand(path, dataDir)) return;
  const atWallMs = madeAtWallMs(basename(path)) ?? statSync(path).mtimeMs;
  if (nowWallMs - atWallMs <= keptMs) return;
  const message = `The copy ${path} is older than ${forgottenDays} days: it may bring back people who were forgotten before that, whom no list names any more; take a newer copy.`;
  throw new BotError('store.too_old', false, message);
}

function isAtHand(path: string, dataDir: string): boolean {
  return dirname(resolve(path)) === resolve(backupsFolder(dataDir));
}

/** The file as it is to be, beside its place. */
async function prepare(
  { path: from, kind }: ExaminedCopy,
  options: RestoreOptions,
): Promise<PreparedFile> {
  const { dataDir, nowWallMs, otherListDirs = [], storesDir } = options;
  const to = kind.path(storesDir ?? dataDir);
  const part = partOf(to);
  const forgotten = readForgottenIn(dataDir, otherListDirs, nowWallMs);
  const isInUse = storesDir === undefined && existsSync(to);
  const hasList = [dataDir, ...otherListDirs].some(hasForgottenList);
  const knowsForgotten = isInUse || hasList || isAtHand(from, dataDir);
  let [forgottenRows, refusals]: [number, number | undefined] = [0, 0];
  try {
    copyTo(part, from);
    await changeFile(part, async (sqlite) => {
      migrate(sqlite, from, kind.migrations);
      const sinceWallMs = (madeAtWallMs(basename(from)) ?? Number.NEGATIVE_INFINITY) - clocksMs;
      forgottenRows = await eraseForgotten(sqlite, kind, forgotten, sinceWallMs);
      if (kind.holdsConsents) refusals = keepRefusals(sqlite, to, nowWallMs);
    });
  } catch (error) {
    throw asTrouble('store.unwritable', to, error);
  }
  const former = await copyFormer(to, dataDir, nowWallMs);
  const done = { from, to, forgottenRows, refusals, knowsForgotten };
  return { ...done, part, ...(former !== undefined && { former }) };
}

function copyTo(part: string, from: string): void {
  rmSync(part, { force: true });
  using sqlite = openReadOnly(from, lockWaitMs);
  sqlite.prepare('VACUUM INTO ?').run(part);
  chmodSync(part, 0o600);
}

/** Undefined where nothing is there, or it cannot be read. Errors: BotError `store.*` where it cannot be written. */
async function copyFormer(
  path: string,
  dataDir: string,
  nowWallMs: number,
): Promise<string | undefined> {
  if (!existsSync(path)) return undefined;
  try {
    return await backUp(path, backupsFolder(dataDir), nowWallMs, { prunes: false, dataDir });
  } catch (error) {
    const isUnreadable = error instanceof BotError && error.code === 'store.unreadable';
    if (!isUnreadable || isBusy(error.cause)) throw error;
    return undefined;
  }
}

function damaged(path: string, cause?: unknown): BotError {
  const message = `The copy ${path} is damaged or is no database: take another copy.`;
  return new BotError('store.unreadable', false, message, cause);
}
