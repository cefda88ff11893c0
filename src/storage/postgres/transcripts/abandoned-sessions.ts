import type { SqlConnection } from '#src/storage/postgres/sql-connection.ts';

/** A process that was not seen for so long is gone, and what it left open is over: as for resuming a session. */
const goneAfter = "interval '15 minutes'";
/** Then a process that stood still has noticed that it did. */
const keptFor = "interval '1 day'";

/** Notes that this process is alive. */
export async function noteAlive(connection: SqlConnection, writer: string): Promise<void> {
  const sql = `INSERT INTO transcript_writers VALUES ($1, clock_timestamp())
    ON CONFLICT (id) DO UPDATE SET alive_at = excluded.alive_at`;
  await connection.run(sql, [writer]);
}

/** SQL of whether the process that wrote a row is gone. */
function isAbandoned(row: string): string {
  return `NOT EXISTS (
    SELECT FROM transcript_writers w
    WHERE w.id = ${row}.written_by AND w.alive_at > clock_timestamp() - ${goneAfter})`;
}

/**
 * Ends sessions now that ended in the future, after the wall clock was put back, so that none is kept for longer. Processes
 * whose clocks differ leave each other's alone.
 */
export async function followClock(
  connection: SqlConnection,
  nowWallMs: number,
  writer: string,
): Promise<void> {
  const sql = `UPDATE sessions s
    SET started_at_ms = started_at_ms - (ended_at_ms - $1), ended_at_ms = $1
    WHERE ended_at_ms > $1 AND (written_by = $2 OR ${isAbandoned('s')})`;
  await connection.run(sql, [nowWallMs, writer]);
}

/** Ends sessions whose process is gone, and notes messages that show what no process keeps. */
export async function endAbandoned(connection: SqlConnection): Promise<void> {
  const rows = await connection.rows(
    `SELECT s.key FROM sessions s WHERE s.ended_at_ms IS NULL AND ${isAbandoned('s')}
     ORDER BY s.key FOR UPDATE SKIP LOCKED`,
  );
  const keys = rows.map(({ key }) => key);
  if (keys.length > 0) {
    await leaveSessions(connection, keys);
    await connection.run(endSessionsSql, [keys]);
  }
  await connection.run(
    `UPDATE caption_messages m SET outdated = 1
     WHERE outdated = 0 AND session_id NOT IN (SELECT id FROM sessions) AND ${isAbandoned('m')}`,
  );
  await connection.run(
    `DELETE FROM transcript_writers WHERE alive_at < clock_timestamp() - ${keptFor}`,
  );
}

/**
 * Notes the end of sessions whose process is gone: people who are not known to have left were last seen when
 * they came, and the last messages, by the order of Discord's ids, may show words that are not kept.
 */
export async function leaveSessions(
  connection: SqlConnection,
  keys: readonly unknown[],
): Promise<void> {
  await connection.run(noteLastSql, [keys]);
  const sql = 'UPDATE presences SET to_ms = from_ms WHERE to_ms IS NULL AND session = ANY ($1)';
  await connection.run(sql, [keys]);
}

const noteLastSql = `
  UPDATE caption_messages SET outdated = outdated + 1 WHERE message_id IN (
    SELECT message_id FROM (
      SELECT m.message_id,
        row_number() OVER (
          PARTITION BY m.session_id ORDER BY length(m.message_id) DESC, m.message_id DESC) AS place
      FROM caption_messages m JOIN sessions s ON s.id = m.session_id
      WHERE s.key = ANY ($1) AND m.channel_id = s.place_id) AS last
    WHERE place <= 3)`;

const endSessionsSql = `
  UPDATE sessions SET ended_at_ms = started_at_ms + greatest(
    coalesce((SELECT max(end_ms) FROM lines WHERE session = key), 0),
    coalesce((SELECT max(to_ms) FROM presences WHERE session = key), 0)
  ) WHERE key = ANY ($1)`;
