import { chmodSync, copyFileSync, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { DatabaseSync, openReadOnly } from '#src/sql/sqlite.ts';
import { asTrouble } from '#src/sql/trouble.ts';
import { type BackupKind, backupKinds, type PersonInGuild } from './backup-kinds.ts';
import {
  backupsFolder,
  copiesIn,
  type DatedCopy,
  databaseCopyFolder,
  isBeforeMigration,
  madeAtWallMs,
  partsIn,
} from './copy-names.ts';
import { type ForgottenList, readForgotten } from './forgotten-list.ts';

/** A copy, the store that it was made of, and the folder of the list of forgotten people. */
type CopiedStore = { readonly path: string; readonly storePath: string; readonly dataDir: string };

const lockWaitMs = 10_000;
/** Longest time, in ms, that an update's own copy of transcripts is kept. */
const copiedWordsMs = 7 * 86_400_000;
/** Age, in ms, from which on no backup writes to a part any more. */
const leftAfterMs = 600_000;

/**
 * Deletes everything about a person in a server from every copy in `DATA_DIR/backups`, so that not a byte of it stays.
 *
 * Errors: BotError `store.unwritable` that names the copies that could not be changed, once all others are.
 */
export async function eraseFromCopies(dataDir: string, person: PersonInGuild): Promise<void> {
  await inEveryCopy(dataDir, async ({ path }, kind) => {
    const count = await withCopy(path, (sqlite) => kind.count(sqlite, person));
    if (count > 0) await rewriteCopy(path, (sqlite) => kind.erase(sqlite, person));
  });
}

/**
 * Deletes from every copy in `DATA_DIR/backups` who was forgotten since it was made: what a process that was killed left to do.
 *
 * Errors: BotError `store.*`; as `eraseFromCopies`.
 */
export async function eraseForgottenFromCopies(dataDir: string, nowWallMs: number): Promise<void> {
  if (readForgotten(dataDir, nowWallMs).isEmpty) return;
  await inEveryCopy(dataDir, async ({ name, path }, kind) => {
    rmSync(`${path}.part`, { force: true });
    await eraseForgottenSince(
      { path, storePath: kind.path(dataDir), dataDir },
      madeAtWallMs(name) ?? 0,
    );
  });
}

/** Deletes the copies of transcripts that an update made of itself a week ago: words are kept for no longer in them. */
export function expireCopiedWords(dataDir: string, nowWallMs: number): void {
  const kinds = backupKinds.filter(({ holdsConsents }) => !holdsConsents);
  const copies = kinds.flatMap((kind) => copiesIn(backupsFolder(dataDir), kind.path(dataDir)));
  for (const { name, path } of copies)
    if (isBeforeMigration(name) && nowWallMs - (madeAtWallMs(name) ?? 0) > copiedWordsMs)
      rmSync(path, { force: true });
}

/** A copy that has just made way for a newer one needs nothing. */
async function inEveryCopy(
  dataDir: string,
  work: (copy: DatedCopy, kind: BackupKind) => Promise<void>,
): Promise<void> {
  removeLeft(databaseCopyFolder(dataDir));
  const failures: { readonly path: string; readonly cause: unknown }[] = [];
  const folder = backupsFolder(dataDir);
  for (const kind of backupKinds) {
    removeLeftParts(folder, kind.path(dataDir));
    for (const copy of copiesIn(folder, kind.path(dataDir))) {
      try {
        await work(copy, kind);
      } catch (cause) {
        if (existsSync(copy.path)) failures.push({ path: copy.path, cause });
      }
    }
  }
  const [first] = failures;
  if (!first) return;
  const places = failures.map(({ path }) => path).join(', ');
  const message = `The copies ${places} cannot be changed and may still hold people who were forgotten: delete them.`;
  throw new BotError('store.unwritable', false, message, first.cause);
}

/** Takes away what a backup that was killed left; one that runs still writes to its part. */
function removeLeftParts(folder: string, storePath: string): void {
  for (const path of partsIn(folder, storePath)) removeLeft(path);
}

function removeLeft(path: string): void {
  const writtenAtMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (realClock.wallMs() - writtenAtMs > leftAfterMs)
    rmSync(path, { force: true, recursive: true });
}

/**
 * Deletes from a new copy who was forgotten since `sinceWallMs`, while it was being made. The copy stands under its name by then,
 * so that a person who is forgotten later is deleted from it as from any other. Errors: BotError `store.*`.
 */
export async function eraseForgottenSince(
  { path, storePath, dataDir }: CopiedStore,
  sinceWallMs: number,
): Promise<void> {
  const kind = backupKinds.find((one) => basename(one.path(dataDir)) === basename(storePath));
  if (!kind) return;
  const forgotten = readForgotten(dataDir, sinceWallMs);
  if (forgotten.isEmpty) return;
  const isForgotten = ({ guildId, personId }: PersonInGuild) =>
    forgotten.has(guildId, personId, sinceWallMs);
  const people = (await withCopy(path, kind.people)).filter(isForgotten);
  if (people.length === 0) return;
  await rewriteCopy(path, async (sqlite) => {
    for (const person of people) await kind.erase(sqlite, person);
  });
}

/** Deletes all people of the list from an open file; the number of deleted rows. */
export async function eraseForgotten(
  sqlite: DatabaseSync,
  kind: BackupKind,
  forgotten: ForgottenList,
  sinceWallMs: number,
): Promise<number> {
  let count = 0;
  for (const person of await kind.people(sqlite))
    if (forgotten.has(person.guildId, person.personId, sinceWallMs))
      count += await kind.erase(sqlite, person);
  return count;
}

async function withCopy<T>(path: string, work: (sqlite: DatabaseSync) => Promise<T>): Promise<T> {
  try {
    using sqlite = openReadOnly(path, lockWaitMs);
    return await work(sqlite);
  } catch (error) {
    throw asTrouble('store.unreadable', path, error);
  }
}

/** Changes a copy of itself, which replaces it when it is whole. */
async function rewriteCopy(
  path: string,
  change: (sqlite: DatabaseSync) => Promise<unknown>,
): Promise<void> {
  const part = `${path}.part`;
  try {
    rmSync(part, { force: true });
    copyFileSync(path, part);
    chmodSync(part, 0o600);
    await changeFile(part, change);
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw asTrouble('store.unwritable', path, error);
  }
}

/**
 * Changes a file that no other program uses, and writes it anew without the deleted rows. Nothing is left beside it; a change that is
 * cut short leaves it damaged. Errors: SQLite's own, and those of `change`.
 */
export async function changeFile(
  path: string,
  change: (sqlite: DatabaseSync) => Promise<unknown>,
): Promise<void> {
  using sqlite = new DatabaseSync(path);
  sqlite.exec('PRAGMA journal_mode = MEMORY; PRAGMA temp_store = MEMORY');
  sqlite.exec('PRAGMA secure_delete = ON; PRAGMA synchronous = FULL');
  await change(sqlite);
  sqlite.exec('VACUUM');
}
