import { openDatabase } from '#src/storage/database.ts';
import { migratePostgres } from '#src/storage/postgres/migrate.ts';
import { DatabaseSync } from '#src/storage/sqlite.ts';
import { asTrouble } from '#src/storage/trouble.ts';
import type { CopiedCount, CopyOptions } from './copied-part.ts';
import { CopySides } from './copy-sides.ts';
import { copiedTables } from './table-columns.ts';

/** The whole copy, in ms. */
const longestMs = 600_000;
const lockWaitMs = 10_000;

/**
 * Copies one part of the store between its SQLite file and PostgreSQL, all of it or nothing, and counts the rows of each table in
 * both. Both are brought to the present format first.
 *
 * Errors: BotError `store.*`, also where the target is not empty and may not be replaced.
 */
export async function copyPart(options: CopyOptions): Promise<readonly CopiedCount[]> {
  const { clock, dataDir, part, pool } = options;
  const path = part.file(dataDir);
  (await openDatabase(path, { clock }, part.format))[Symbol.dispose]();
  await migratePostgres(pool, [part.schema]);
  using sqlite = new DatabaseSync(path, { timeout: lockWaitMs });
  const copy = async (sides: CopySides) => {
    sides.begin();
    await sides.refuseFull();
    await sides.copy();
    return await sides.finish();
  };
  try {
    return await pool.write(async (connection) => {
      await connection.run('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      await connection.run('SET LOCAL idle_in_transaction_session_timeout = 0');
      const tables = await copiedTables(sqlite, connection, part);
      return await copy(new CopySides({ ...options, sqlite, connection, tables, path }));
    }, longestMs);
  } catch (error) {
    throw asTrouble('store.unwritable', path, error);
  }
}
