import sql from 'sql-template-tag';
import type { TranscriptLine } from '#src/features/captions/transcript-line.ts';
import type {
  FoundLine,
  LineRange,
  ListedSession,
  OpenChannels,
  ResumableSession,
  TranscriptSearch,
} from '#src/features/captions/transcript-store-types.ts';
import { id, key } from '#src/sql/columns.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { columnList } from '#src/sql/table.ts';
import { isOpenSession, openSessions, searchLines } from './line-search.ts';
import { lineColumns, lineOf, sessionColumns } from './line-tables.ts';

/** Lines of a resumed session that are told, in ms before the last one. */
const resumedMs = 15 * 60_000;

/** Finds what was said in open channels. Errors: BotError `store.unreadable`. */
export class TranscriptReader {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  /** Newest first, at most `limit`; only those with a line. */
  async sessions(
    guildId: string,
    open: OpenChannels,
    limit: number,
  ): Promise<readonly ListedSession[]> {
    const all = await this.#database.readTogether((connection) =>
      openSessions(connection, guildId, open),
    );
    return all.slice(0, limit).map(({ key: _, ...session }) => session);
  }

  /** In order of speech. */
  lines(
    sessionId: string,
    open: OpenChannels,
    { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY }: LineRange = {},
  ): Promise<readonly TranscriptLine[]> {
    return this.#database.readTogether(async (connection) => {
      const rows = await connection.rows(
        lineColumns,
        sql`SELECT ${columnList(lineColumns, 'l')} FROM sessions s JOIN lines l ON l.session = s.key
          WHERE s.id = ${sessionId} AND l.start_ms BETWEEN ${fromMs} AND ${toMs}
            AND ${isOpenSession(connection, open)}
          ORDER BY l.start_ms, l.id`,
      );
      return rows.map((row) => lineOf(row, sessionId));
    });
  }

  /** Best first, at most `limit`. */
  search(search: TranscriptSearch, open: OpenChannels): Promise<readonly FoundLine[]> {
    return this.#database.readTogether((connection) => searchLines(connection, search, open));
  }

  /** Latest session of that voice channel, for resuming it. */
  latest(guildId: string, channelId: string): Promise<ResumableSession | undefined> {
    return this.#database.readTogether(async (connection) => {
      const [row] = await connection.rows(
        { key, ...sessionColumns },
        sql`SELECT key, ${columnList(sessionColumns)} FROM sessions
          WHERE guild_id = ${guildId} AND channel_id = ${channelId} ORDER BY key DESC LIMIT 1`,
      );
      if (!row) return undefined;
      const { key: sessionKey, ...session } = row;
      const rows = await connection.rows(
        lineColumns,
        sql`SELECT ${columnList(lineColumns)} FROM lines WHERE session = ${sessionKey} AND start_ms >=
          (SELECT MAX(start_ms) FROM lines WHERE session = ${sessionKey}) - ${resumedMs}
          ORDER BY start_ms, id`,
      );
      return { session, lines: rows.map((line) => lineOf(line, session.id)) };
    });
  }

  /** Servers of which something is kept. */
  async guilds(): Promise<readonly string[]> {
    const rows = await this.#database.readTogether((connection) =>
      connection.rows(
        { guildId: id },
        sql`SELECT DISTINCT guild_id FROM sessions ORDER BY guild_id`,
      ),
    );
    return rows.map((row) => row.guildId);
  }

  /** Voice channels of which captions of this server are kept. */
  async channels(guildId: string): Promise<readonly string[]> {
    const rows = await this.#database.readTogether((connection) =>
      connection.rows(
        { channelId: id },
        sql`SELECT DISTINCT channel_id FROM sessions WHERE guild_id = ${guildId} ORDER BY channel_id`,
      ),
    );
    return rows.map((row) => row.channelId);
  }
}
