import type {
  CaptionMessage,
  CaptionMessageStore,
  OutdatedMessage,
  ServerShare,
} from '#src/captions/transcript-store.ts';
import type { OrderedDatabase } from '#src/storage/postgres/ordered-database.ts';
import { captionMessageOf, lineOf } from '#src/storage/transcripts/rows.ts';
import { noteAlive } from './abandoned-sessions.ts';
import { lineColumns, readTogether } from './rows.ts';

/** Which messages show captions, in PostgreSQL. Each erasure that touches one raises its `outdated`. */
export class PostgresCaptionMessages implements CaptionMessageStore {
  readonly #database: OrderedDatabase;
  /** Erasures that a message was told of as outdated for: a later one is not settled by its edit. */
  readonly #reported = new Map<string, number>();

  constructor(database: OrderedDatabase) {
    this.#database = database;
  }

  async put(message: CaptionMessage): Promise<void> {
    const { messageId, channelId, guildId, sessionId, postedAtWallMs } = message;
    const { writer } = this.#database;
    const values = [messageId, channelId, guildId, sessionId, postedAtWallMs, writer];
    await this.#database.write([guildId], async (connection) => {
      await noteAlive(connection, writer);
      await connection.run(putSql, values);
    });
  }

  async outdated(
    limit: number,
    { count, id }: ServerShare = { id: 0, count: 1 },
  ): Promise<readonly OutdatedMessage[]> {
    const { found, lines } = await readTogether(this.#database.pool, async (connection) => {
      const found = await connection.rows(outdatedSql, [Math.max(0, limit), count, id]);
      const ids = found.map(({ message_id }) => message_id);
      return { found, lines: await connection.rows(linesSql, [ids]) };
    });
    const linesOf = Map.groupBy(lines, ({ message_id }) => message_id);
    return found.map((row) => {
      this.#reported.set(String(row.message_id), Number(row.outdated));
      const shown = linesOf.get(row.message_id) ?? [];
      const ofMessage = shown.map((line) => lineOf(line, String(line.session_id)));
      return { message: captionMessageOf(row), lines: ofMessage };
    });
  }

  async settled(messageId: string, isGone: boolean): Promise<void> {
    const reported = this.#reported.get(messageId) ?? 0;
    await this.#database.pool.write((connection) =>
      isGone
        ? connection.run('DELETE FROM caption_messages WHERE message_id = $1', [messageId])
        : connection.run(settledSql, [messageId, reported]),
    );
    this.#reported.delete(messageId);
  }
}

const putSql = `
  INSERT INTO caption_messages
    (message_id, channel_id, guild_id, session_id, posted_at_ms, written_by)
  VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (message_id) DO UPDATE SET
    channel_id = excluded.channel_id, guild_id = excluded.guild_id,
    session_id = excluded.session_id, posted_at_ms = excluded.posted_at_ms,
    written_by = excluded.written_by`;

const outdatedSql = `
  SELECT * FROM caption_messages
  WHERE outdated > 0 AND (guild_id::bigint >> 22) % $2::bigint = $3::bigint
  ORDER BY posted_at_ms LIMIT $1`;

const linesSql = `
  SELECT ${lineColumns}, p.message_id, s.id AS session_id
  FROM posts p JOIN lines l ON l.id = p.line JOIN sessions s ON s.key = l.session
  WHERE p.message_id = ANY ($1) ORDER BY l.start_ms, l.id`;

const settledSql =
  'UPDATE caption_messages SET outdated = 0 WHERE message_id = $1 AND outdated = $2';
