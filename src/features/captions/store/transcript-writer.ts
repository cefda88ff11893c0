import sql from 'sql-template-tag';
import type { Clock } from '#src/base/clock.ts';
import { within } from '#src/base/waiting.ts';
import type { TranscriptLine, TranscriptSession } from '#src/features/captions/transcript-line.ts';
import type { ServerShare } from '#src/people/server-share.ts';
import { id, key } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { isOfShard, replacing } from '#src/sql/table.ts';
import { isSilent, orphaned } from '#src/sql/trouble.ts';
import { type OpenSession, putLines } from './line-upserts.ts';
import { sessionColumns, sessions } from './session-tables.ts';
import type { WordIndex } from './word-index-port.ts';

/** Lines of one session that wait to be written together. */
type WaitingLines = {
  readonly lines: Map<number, TranscriptLine>;
  writing: Promise<void> | undefined;
};

/** Longest time, in ms, that a caller waits for a shared database; what it wrote is still written once that is back. */
const waitMs = 5_000;
/** Lines of one session that wait while the database is away; the oldest are given up first. */
const mostWaiting = 5_000;

/**
 * Writes what was said: lines with their words. What cannot be written waits while the database is away, and is
 * written once. Errors: BotError `store.unwritable`.
 */
export class TranscriptWriter {
  readonly #database: StoreDatabase;
  readonly #clock: Clock;
  readonly #index: WordIndex;
  readonly #waiting = new Map<string, WaitingLines>();

  constructor(database: StoreDatabase, clock: Clock, index: WordIndex) {
    this.#database = database;
    this.#clock = clock;
    this.#index = index;
  }

  /** Adds a session, or changes the one of that id. */
  async putSession(session: TranscriptSession): Promise<void> {
    const { guildId } = session;
    const writing = this.#database.write(async (connection) => {
      const guild = sql`INSERT INTO guilds (guild_id) VALUES (${guildId}) ON CONFLICT DO NOTHING`;
      await connection.run(guild);
      await connection.insert(sessionRows, [session], { conflict: putSession });
    });
    await this.#inTime(writing);
  }

  /** Adds lines, or replaces those of the same session and number. */
  async putLines(lines: readonly TranscriptLine[]): Promise<void> {
    await this.#put(lines);
  }

  /**
   * Ends sessions of this shard, which a killed process left open, at their last line; those that are `running` stay.
   * The last messages of the ended ones, and all of sessions that are not in this store, are outdated: they may show words that
   * are not kept.
   */
  async endOpenSessions(shard: ServerShare, running: readonly string[] = []): Promise<void> {
    await this.#database.writeNow((connection) => endOpenSessions(connection, shard, running));
  }

  /** Lines of several sessions are written all or none. */
  async #put(lines: readonly TranscriptLine[]): Promise<void> {
    const bySession = Map.groupBy(lines, ({ sessionId }) => sessionId);
    if (bySession.size === 1) {
      for (const [sessionId, some] of bySession) await this.#join(sessionId, some);
      return;
    }
    const waiting = Array.from(bySession, ([sessionId, some]) => {
      const byNumber = new Map(some.map((line) => [line.number, line]));
      return [sessionId, { lines: byNumber, writing: undefined }] as const;
    });
    await this.#inTime(this.#write(waiting));
  }

  /** With what waits already of that session. */
  async #join(sessionId: string, lines: readonly TranscriptLine[]): Promise<void> {
    const waiting: WaitingLines = this.#waiting.get(sessionId) ?? {
      lines: new Map(),
      writing: undefined,
    };
    this.#waiting.set(sessionId, waiting);
    for (const line of lines) {
      waiting.lines.set(line.number, line);
      if (this.#database.isAway) trim(waiting.lines);
    }
    const taken = () => {
      if (this.#waiting.get(sessionId) === waiting) this.#waiting.delete(sessionId);
    };
    waiting.writing ??= this.#write([[sessionId, waiting]], taken).finally(taken);
    await this.#inTime(waiting.writing);
  }

  #write(
    all: readonly (readonly [sessionId: string, WaitingLines])[],
    begun: () => void = () => undefined,
  ): Promise<void> {
    const ids = all.map(([sessionId]) => sessionId);
    return this.#database.write(async (connection) => {
      begun();
      const open = await this.#sessions(connection, ids);
      for (const [sessionId, { lines }] of all) {
        const session = open.get(sessionId);
        const { place } = this.#database;
        if (!session) throw orphaned(place, 'lines');
        await putLines(connection, this.#index, session, lines.values());
      }
    });
  }

  async #sessions(
    connection: Connection,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, OpenSession>> {
    const rows = await connection.rows(
      { id, key, guildKey: key },
      sql`SELECT id, key,
          (SELECT guilds.key FROM guilds WHERE guilds.guild_id = sessions.guild_id) AS guild_key
        FROM sessions
        WHERE id ${connection.among(ids)} AND guild_id IN (SELECT guild_id FROM guilds)
        ORDER BY key ${connection.forUpdate}`,
    );
    return new Map(rows.map(({ id, ...session }) => [id, session]));
  }

  /** A file is there, and a write to it stands behind others, say behind an erasure, as long as that takes. */
  #inTime(writing: Promise<void>): Promise<void> {
    if (!this.#database.isShared) return writing;
    const late = () => isSilent('store.unwritable', this.#database.place, waitMs);
    return within(writing, waitMs, this.#clock, late);
  }
}

/** Columns of a session that its writer puts; what bounds its lines stays. */
const sessionRows = { ...sessions, columns: sessionColumns };
const putSession = replacing({ ...sessionRows, key: ['id'] });

async function endOpenSessions(
  connection: Connection,
  shard: ServerShare,
  running: readonly string[],
): Promise<void> {
  const among = connection.among(running);
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
}

function trim(waiting: Map<unknown, unknown>): void {
  const [oldest] = waiting.keys();
  if (waiting.size > mostWaiting) waiting.delete(oldest);
}
