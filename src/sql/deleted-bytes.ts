import sql, { type Sql } from 'sql-template-tag';
import { integer } from './columns.ts';
import type { Connection } from './connection.ts';

/**
 * Statement by which an SQLite file notes, in the transaction that deletes rows, that bytes of deleted rows may be left in
 * it. A killed process forgets nothing so.
 */
export const noteDeletedBytes: Sql = sql`PRAGMA application_id = 1`;

/** Notes that the file holds no byte of deleted rows any more. */
export async function clearDeletedBytes(connection: Connection): Promise<void> {
  await connection.run(sql`PRAGMA application_id = 0`);
}

/** Tests whether an SQLite file may hold bytes of deleted rows. */
export async function hasDeletedBytes(connection: Connection): Promise<boolean> {
  const [note] = await connection.rows(
    { applicationId: integer },
    sql`PRAGMA application_id`,
  );
  return note?.applicationId !== 0;
}
