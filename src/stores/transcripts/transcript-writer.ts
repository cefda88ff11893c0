import sql from 'sql-template-tag';
import type { ServerShare } from '#src/people/server-share.ts';
import { guildId, id, key } from '#src/sql/columns.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { isOfShard, toReplaceClause } from '#src/sql/table.ts';
import type { TranscriptLine, TranscriptSession } from './transcript-line.ts';
import {
  linesTable,
  sessionColumns,
  sessionsTable,
  toLineRow,
} from './transcript-tables.ts';

/** Writes lines, and waits while the database is away. Throws BotError `store.unwritable`. */
export class TranscriptWriter {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  /** Adds a session, or replaces the one with its id. */
  async putSession(session: TranscriptSession): Promise<void> {
    await this.#database.write((connection) =>
      connection.insert(sessionRowsTable, [session], putSessionClause),
    );
  }

  /** Adds or replaces lines, all or none, without those of an erased session. */
  async putLines(lines: readonly TranscriptLine[]): Promise<void> {
    const ids = lines.map(({ sessionId }) => sessionId);
    await this.#database.write(async (connection) => {
      const sessions = await connection.rows(
        { id, key, guildId },
        sql`SELECT id, key, guild_id FROM sessions
          WHERE id ${connection.among(ids)}`,
      );
      const byId = new Map(sessions.map((session) => [session.id, session]));
      const rows = lines.flatMap((line) => {
        const session = byId.get(line.sessionId);
        return session ? toLineRow(line, session) : [];
      });
      await connection.insert(linesTable, rows, toReplaceClause(linesTable));
    });
  }

  /** Ends sessions that a killed process left open, apart from `runningIds`. */
  async endOpenSessions(
    shard: ServerShare,
    runningIds: readonly string[] = [],
  ): Promise<void> {
    await this.#database.write(async (connection) => {
      const among = connection.among(runningIds);
      const isOpen = sql`ended_at_wall_ms IS NULL AND ${isOfShard(shard)} AND NOT (id ${among})`;
      // The last messages, by the order of Discord's ids, may show words that are not kept.
      await connection.run(
        sql`UPDATE caption_messages SET outdated = outdated + 1 WHERE message_id IN (
          SELECT message_id FROM (
            SELECT m.message_id, row_number() OVER (
              PARTITION BY m.session_id ORDER BY length(m.message_id) DESC, m.message_id DESC) AS place
            FROM caption_messages m
            JOIN (SELECT id, place_id FROM sessions WHERE ${isOpen}) AS s ON s.id = m.session_id
            WHERE m.channel_id = s.place_id) AS latest
          WHERE place <= 3)`,
      );
      await connection.run(
        sql`UPDATE sessions SET ended_at_wall_ms = started_at_wall_ms + (
            SELECT MAX(at_ms) FROM (
              SELECT end_ms AS at_ms FROM lines WHERE lines.session = sessions.key
              UNION ALL SELECT 0) AS ends)
          WHERE ${isOpen}`,
      );
      await connection.run(
        sql`UPDATE caption_messages SET outdated = 1
          WHERE outdated = 0 AND session_id NOT IN (SELECT id FROM sessions) AND ${isOfShard(shard)}
            AND NOT (session_id ${among})`,
      );
    });
  }
}

/** The database gives a new session its key. */
const sessionRowsTable = { ...sessionsTable, columns: sessionColumns };
const putSessionClause = toReplaceClause({ ...sessionRowsTable, key: ['id'] });
