import sql, { type Sql } from 'sql-template-tag';
import { id, instant, key } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { named, replacing, table } from '#src/sql/table.ts';

/** Processes that share the database, and when each was last alive, by the clock of the database. A file has none. */
export const transcriptWriters = table(
  'transcript_writers',
  { id, aliveAtMs: instant },
  { key: ['id'], person: { forget: 'nothing' }, server: { forget: 'nothing' } },
);

/** A process that was not seen for so long, in ms, is gone, and what it left open is over: as for resuming a session. */
const goneAfterMs = 15 * 60_000;
/** Then, in ms, a process that stood still has noticed that it did. */
const keptForMs = 86_400_000;

/** Notes that this process is alive. */
export async function noteAlive(connection: Connection): Promise<void> {
  await connection.insert(transcriptWriters, [{ id: connection.writer }], {
    with: { aliveAtMs: connection.now },
    conflict: replacing(transcriptWriters),
  });
}

/** SQL of whether a row of this table is this process's own, or of a process that is gone, or of another one. */
export type RowOwnership = {
  readonly isOwn: (table: 'caption_messages' | 'sessions') => Sql;
  readonly isAbandoned: (connection: Connection, table: 'caption_messages' | 'sessions') => Sql;
};

/**
 * Rows of this process and of others. A file has one process at a time, which opens it anew after a failure: every row is its own, and what is
 * open at its start is abandoned. Processes that share a database note that they are alive.
 */
export function ownershipIn({ isShared, writer }: StoreDatabase): RowOwnership {
  if (!isShared) return { isOwn: () => sql`TRUE`, isAbandoned: () => sql`TRUE` };
  return {
    isOwn: (table) => sql`COALESCE(${named(table)}.written_by = ${writer}, FALSE)`,
    isAbandoned: (connection, table) => sql`NOT EXISTS (
      SELECT 1 FROM transcript_writers
      WHERE transcript_writers.id = ${named(table)}.written_by
        AND alive_at_ms > ${connection.now} - ${goneAfterMs})`,
  };
}

/**
 * Ends sessions now that ended in the future, after the wall clock was put back, so that none is kept for longer. Processes
 * whose clocks differ leave each other's alone.
 */
export async function followClock(
  connection: Connection,
  { isAbandoned, isOwn }: RowOwnership,
  nowWallMs: number,
): Promise<void> {
  await connection.run(
    sql`UPDATE sessions SET
      started_at_wall_ms = started_at_wall_ms - (ended_at_wall_ms - ${nowWallMs}), ended_at_wall_ms = ${nowWallMs}
      WHERE ended_at_wall_ms > ${nowWallMs}
        AND (${isOwn('sessions')} OR ${isAbandoned(connection, 'sessions')})`,
  );
}

/** Ends sessions whose process is gone, and notes messages that show what no process keeps. */
export async function endAbandoned(
  connection: Connection,
  { isAbandoned }: RowOwnership,
): Promise<void> {
  const rows = await connection.rows(
    { key },
    sql`SELECT key FROM sessions
      WHERE ended_at_wall_ms IS NULL AND ${isAbandoned(connection, 'sessions')}
      ORDER BY key ${connection.forUpdateIfFree}`,
  );
  const keys = rows.map((row) => row.key);
  if (keys.length > 0) {
    await leaveSessions(connection, keys);
    await connection.run(
      sql`UPDATE sessions SET ended_at_wall_ms = started_at_wall_ms + (
          SELECT MAX(at_ms) FROM (
            SELECT end_ms AS at_ms FROM lines WHERE lines.session = sessions.key
            UNION ALL SELECT 0) AS ends)
        WHERE key ${connection.among(keys)}`,
    );
  }
  await connection.run(
    sql`UPDATE caption_messages SET outdated = 1
      WHERE outdated = 0 AND session_id NOT IN (SELECT id FROM sessions)
        AND ${isAbandoned(connection, 'caption_messages')}`,
  );
  await connection.run(
    sql`DELETE FROM transcript_writers WHERE alive_at_ms < ${connection.now} - ${keptForMs}`,
  );
}

/** Notes the end of sessions whose process is gone: the last messages, by the order of Discord's ids, may show words that are not kept. */
export async function leaveSessions(
  connection: Connection,
  keys: readonly number[],
): Promise<void> {
  const left = connection.among(keys);
  await connection.run(
    sql`UPDATE caption_messages SET outdated = outdated + 1 WHERE message_id IN (
      SELECT message_id FROM (
        SELECT m.message_id, row_number() OVER (
          PARTITION BY m.session_id ORDER BY length(m.message_id) DESC, m.message_id DESC) AS place
        FROM caption_messages m JOIN sessions s ON s.id = m.session_id
        WHERE s.key ${left} AND m.channel_id = s.place_id) AS latest
      WHERE place <= 3)`,
  );
}
