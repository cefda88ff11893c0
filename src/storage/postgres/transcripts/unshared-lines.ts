import { raw } from 'sql-template-tag';
import { integer } from '#src/sql/columns.ts';
import type { PostgresPool } from '#src/storage/postgres/pool.ts';
import { countUnsharedLines } from '#src/storage/transcripts/schema.ts';

/** Number of captions that the migration of the tables deletes. Errors: BotError `store.unreadable`. */
export async function unsharedLinesIn(pool: PostgresPool): Promise<number> {
  const [row] = await pool.read((connection) =>
    connection.rows({ count: integer }, raw(countUnsharedLines)),
  );
  return row?.count ?? 0;
}
