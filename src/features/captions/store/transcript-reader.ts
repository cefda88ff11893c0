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
import { id, instant, integer, key, optional, type RowOf } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { columnList } from '#src/sql/table.ts';
import { isOpenSession, searchLines } from './line-search.ts';
import { lineColumns, lineOf } from './line-tables.ts';
import { sessionColumns } from './session-tables.ts';
import type { WordIndex } from './word-index-port.ts';

/** Lines of a resumed session that are told, in ms before the last one. */
const resumedMs = 15 * 60_000;

/** Finds what was said in open channels. Errors: BotError `store.unreadable`. */
export class TranscriptReader {
  readonly #database: StoreDatabase;
  readonly #index: WordIndex;

  constructor(database: StoreDatabase, index: WordIndex) {
    this.#database = database;
    this.#index = index;
  }

  /** Newest first, at most `limit`; only those with a line. */
  sessions(guildId: string, open: OpenChannels, limit: number): Promise<readonly ListedSession[]> {
    return this.#database.readTogether((connection) =>
      connection.rows(
        { ...sessionColumns, lineCount: integer },
        sql`SELECT ${columnList(sessionColumns, 's')}, COUNT(*) AS line_count
          FROM sessions s JOIN lines l ON l.session = s.key
          WHERE s.guild_id = ${guildId} AND ${isOpenSession(connection, open)}
          GROUP BY s.key ORDER BY s.key DESC LIMIT ${Math.max(0, limit)}`,
      ),
    );
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
    return this.#database.readTogether((connection) =>
      searchLines(connection, this.#index, search, open),
    );
  }

  /** Latest session of that voice channel, for resuming it. */
  latest(guildId: string, channelId: string): Promise<ResumableSession | undefined> {
    return this.#database.readTogether(async (connection) => {
      const [row] = await connection.rows(
        latestColumns,
        sql`SELECT key, ${columnList(sessionColumns)}, last_ms, last_number
          FROM sessions WHERE guild_id = ${guildId} AND channel_id = ${channelId}
          ORDER BY key DESC LIMIT 1`,
      );
      return row && (await resumable(connection, row));
    });
  }

  /** Servers of which something is kept. */
  async guilds(): Promise<readonly string[]> {
    const rows = await this.#database.readTogether((connection) =>
      connection.rows(
        { guildId: id },
        sql`SELECT guild_id FROM guilds
          WHERE EXISTS (SELECT 1 FROM sessions WHERE sessions.guild_id = guilds.guild_id)
          ORDER BY key`,
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

const latestColumns = {
  key,
  ...sessionColumns,
  lastMs: optional(instant),
  lastNumber: optional(integer),
};

/** Session to resume. */
async function resumable(
  connection: Connection,
  { key, lastMs = 0, lastNumber = 0, ...session }: RowOf<typeof latestColumns>,
): Promise<ResumableSession> {
  const rows = await connection.rows(
    lineColumns,
    sql`SELECT ${columnList(lineColumns)} FROM lines
      WHERE session = ${key} AND end_ms >= ${lastMs - resumedMs} ORDER BY start_ms, id`,
  );
  const lines = rows.map((row) => lineOf(row, session.id));
  const endMs = lines.reduce((latest, one) => Math.max(latest, one.endMs), 0);
  return { session, lastNumber, lastMs: endMs, lines };
}
