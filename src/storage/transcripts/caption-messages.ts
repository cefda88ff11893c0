import type {
  CaptionMessage,
  CaptionMessageStore,
  OutdatedMessage,
  ServerShare,
} from '#src/captions/transcript-store.ts';
import type { Database } from '#src/storage/database.ts';
import { captionMessageOf, lineColumns, lineOf } from './rows.ts';

/** Which messages show captions. Each erasure that touches one raises its `outdated`. */
export class SqliteCaptionMessages implements CaptionMessageStore {
  readonly #database: Database;
  /** Erasures that a message was told of as outdated for: a later one is not settled by its edit. */
  readonly #reported = new Map<string, number>();

  constructor(database: Database) {
    this.#database = database;
  }

  async put(message: CaptionMessage): Promise<void> {
    const { messageId, channelId, guildId, sessionId, postedAtWallMs } = message;
    await this.#database.writeSync((sqlite) =>
      sqlite.prepare(putSql).run(messageId, channelId, guildId, sessionId, postedAtWallMs),
    );
  }

  async outdated(
    limit: number,
    { count, id }: ServerShare = { id: 0, count: 1 },
  ): Promise<readonly OutdatedMessage[]> {
    const found = await this.#database.readSync((sqlite) => {
      const lines = sqlite.prepare(linesSql);
      return sqlite
        .prepare(outdatedSql)
        .all(count, id, limit)
        .map((row) => ({ row, lines: lines.all(String(row.message_id)) }));
    });
    return found.map(({ row, lines }) => {
      this.#reported.set(String(row.message_id), Number(row.outdated));
      const shown = lines.map((line) => lineOf(line, String(line.session_id)));
      return { message: captionMessageOf(row), lines: shown };
    });
  }

  async settled(messageId: string, isGone: boolean): Promise<void> {
    const reported = this.#reported.get(messageId) ?? 0;
    await this.#database.writeSync((sqlite) =>
      isGone
        ? sqlite.prepare('DELETE FROM caption_messages WHERE message_id = ?').run(messageId)
        : sqlite.prepare(settledSql).run(messageId, reported),
    );
    this.#reported.delete(messageId);
  }
}

const putSql = `
  INSERT INTO caption_messages (message_id, channel_id, guild_id, session_id, posted_at_ms)
  VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (message_id) DO UPDATE SET
    channel_id = excluded.channel_id, guild_id = excluded.guild_id,
    session_id = excluded.session_id, posted_at_ms = excluded.posted_at_ms`;

const outdatedSql = `
  SELECT * FROM caption_messages
  WHERE outdated > 0 AND (CAST(guild_id AS INTEGER) >> 22) % ? = ? ORDER BY posted_at_ms LIMIT ?`;

const linesSql = `
  SELECT ${lineColumns}, sessions.id AS session_id
  FROM lines JOIN sessions ON sessions.key = lines.id / 4194304
  WHERE lines.id IN (SELECT line FROM posts WHERE message_id = ?) ORDER BY lines.start_ms, lines.id`;

const settledSql = 'UPDATE caption_messages SET outdated = 0 WHERE message_id = ? AND outdated = ?';
