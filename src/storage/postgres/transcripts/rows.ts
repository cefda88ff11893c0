import type { PostgresPool } from '#src/storage/postgres/pool.ts';
import type { ClientConnection } from '#src/storage/postgres/sql-connection.ts';

/** SQL of a line `l` with all that `lineOf` reads. */
export const lineColumns = `
  l.id, l.person_id, l.name, l.start_ms, l.end_ms, l.text, l.is_cut, l.is_brief, l.language, l.words,
  l.confidence, l.post_channel_id, l.post_message_id,
  coalesce((
    SELECT json_agg(person_id ORDER BY place)::text FROM answered WHERE line = l.id
  ), '[]') AS answered_ids,
  coalesce((
    SELECT json_agg(json_build_object('channelId', channel_id, 'messageId', message_id) ORDER BY place)::text
    FROM more_posts WHERE line = l.id
  ), '[]') AS more_posts`;

/**
 * Reads that belong together, as of one instant: what was said after somebody left is not found by what was known of them
 * before. Errors: BotError `store.unreadable`.
 */
export function readTogether<T>(
  pool: PostgresPool,
  work: (connection: ClientConnection) => Promise<T>,
): Promise<T> {
  return pool.search(async (connection) => {
    await connection.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const done = await work(connection); // what fails ends the connection, and so the transaction
    await connection.run('COMMIT');
    return done;
  });
}
