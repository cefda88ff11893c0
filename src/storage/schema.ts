import { existsSync } from 'node:fs';
import { BotError } from '#src/base/errors.ts';
import { type DatabaseSync, openReadOnly } from '#src/sql/sqlite.ts';

export type Migration = {
  readonly version: number;
  readonly sql: string;
  /** It changes tables that a former version made; new ones are made in the present form. */
  readonly isUpgrade?: true;
};

/** SQL of a migration for tables of this version; 0: there are none. */
export function sqlFor({ sql, isUpgrade }: Migration, from: number): string {
  return isUpgrade && from === 0 ? '' : sql;
}

/** Formats that a program opens: from that of its first migration, which creates the schema, to that of its last. */
export type FormatRange = { readonly oldest: number; readonly known: number };

export function rangeOf(steps: readonly Migration[]): FormatRange {
  return { oldest: steps[0]?.version ?? 0, known: steps.at(-1)?.version ?? 0 };
}

/** Whether a program from before the first release wrote this format; 0 is that of a file without tables. */
export function isTooOld(version: number, { oldest }: FormatRange): boolean {
  return version > 0 && version < oldest;
}

/** Last commit that reads every format from before the first release. */
export const lastDevelopmentCommit = '01650480a1d658358765f12df982b24194455494';

/** Error for a format that this program does not read, of `what`, say "The store /data/parley.db"; undefined for one that it does. */
export function formatError(
  what: string,
  version: number,
  range: FormatRange,
): BotError | undefined {
  const { oldest, known } = range;
  if (version > known) {
    const message = `${what} was written by a newer Parley (format ${version}, this one reads up to ${known}). Update the bot, or restore a copy from before the update: npm run restore -- FILE`;
    return new BotError('store.newer', false, message);
  }
  if (!isTooOld(version, range)) return undefined;
  const message = `${what} has format ${version}, from before the first release; this program reads formats from ${oldest} on. Start commit ${lastDevelopmentCommit} to export the data, or start without it.`;
  return new BotError('store.older', false, message);
}

/** Refuses a file whose format this program does not read. Errors: BotError `store.unreadable`. */
export function checkFormat(path: string, version: number, steps: readonly Migration[]): void {
  const error = formatError(`The store ${path}`, version, rangeOf(steps));
  if (error) throw new BotError('store.unreadable', false, error.message);
}

/**
 * Brings an empty file, or one of a released format, to the present format, wholly or not at all.
 *
 * Errors: BotError `store.unreadable` for a format that this program does not read.
 */
export function migrate(sqlite: DatabaseSync, path: string, steps: readonly Migration[]): void {
  if (versionOf(sqlite) === rangeOf(steps).known) return;
  inTransaction(sqlite, () => {
    const version = versionOf(sqlite);
    checkFormat(path, version, steps);
    for (const step of steps) {
      if (step.version <= version) continue;
      sqlite.exec(sqlFor(step, version));
      sqlite.exec(`PRAGMA user_version = ${step.version}`);
    }
  });
}

/** All of `work` or nothing of it. */
function inTransaction<T>(sqlite: DatabaseSync, work: () => T): T {
  sqlite.exec('BEGIN IMMEDIATE');
  try {
    const done = work();
    sqlite.exec('COMMIT');
    return done;
  } catch (error) {
    if (sqlite.isTransaction) sqlite.exec('ROLLBACK');
    throw error;
  }
}

/** Format of a file: the version of its last migration. */
export function versionOf(sqlite: DatabaseSync): number {
  return Number(sqlite.prepare('PRAGMA user_version').get()?.user_version);
}

/** Format of the file at `path`, which is only read; undefined where there is none, or it cannot be read. */
export function versionIn(path: string, waitMs: number): number | undefined {
  if (!existsSync(path)) return undefined;
  try {
    using sqlite = openReadOnly(path, waitMs);
    return versionOf(sqlite);
  } catch {
    return undefined;
  }
}
