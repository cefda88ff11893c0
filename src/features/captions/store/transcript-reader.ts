import sql from 'sql-template-tag';
import type { TranscriptLine } from '#src/features/captions/transcript-line.ts';
import type {
  Audience,
  FoundLine,
  LineRange,
  ListedSession,
  ResumableSession,
  TranscriptSearch,
} from '#src/features/captions/transcript-store-types.ts';
import { flag, id, instant, integer, key, optional, type RowOf } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { columnList } from '#src/sql/table.ts';
import { searchLines } from './line-search.ts';
import { lineColumns, lineOf } from './line-tables.ts';
import { ownershipIn, type RowOwnership } from './row-ownership-by-process.ts';
import { presenceColumns, presencesOfSessions, sessionColumns } from './session-tables.ts';
import { mayKnowLine, mayKnowSession } from './visible-lines-sql.ts';
import type { WordIndex } from './word-index-port.ts';

/** Lines of a resumed session that are told, in ms before the last one. */
const resumedMs = 15 * 60_000;

/** Finds what was said. What the audience may not know is not told of in any way. Errors: BotError `store.unreadable`. */
export class TranscriptReader {
  readonly #database: StoreDatabase;
  readonly #index: WordIndex;
  readonly #ownership: RowOwnership;

  constructor(database: StoreDatabase, index: WordIndex) {
    this.#database = database;
    this.#index = index;
    this.#ownership = ownershipIn(database);
  }

  /** Newest first, at most `limit`; only those with a line the audience may know. */
  sessions(guildId: string, audience: Audience, limit: number): Promise<readonly ListedSession[]> {
    return this.#database.readTogether((connection) =>
      connection.rows(
        { ...sessionColumns, lineCount: integer },
        sql`SELECT ${columnList(sessionColumns, 's')}, COUNT(*) AS line_count
          FROM sessions s JOIN lines l ON l.session = s.key
          WHERE s.guild_id = ${guildId} AND ${mayKnowSession(connection, audience)}
            AND ${mayKnowLine(connection, audience)}
          GROUP BY s.key ORDER BY s.key DESC LIMIT ${Math.max(0, limit)}`,
      ),
    );
  }

  /** In order of speech. */
  lines(
    sessionId: string,
    audience: Audience,
    { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY }: LineRange = {},
  ): Promise<readonly TranscriptLine[]> {
    return this.#database.readTogether(async (connection) => {
      const rows = await connection.rows(
        lineColumns,
        sql`SELECT ${columnList(lineColumns, 'l')} FROM sessions s JOIN lines l ON l.session = s.key
          WHERE s.id = ${sessionId} AND l.start_ms BETWEEN ${fromMs} AND ${toMs}
            AND ${mayKnowLine(connection, audience)}
          ORDER BY l.start_ms, l.id`,
      );
      return rows.map((row) => lineOf(row, sessionId));
    });
  }

  /** Best first, at most `limit`. */
  search(search: TranscriptSearch, audience: Audience): Promise<readonly FoundLine[]> {
    return this.#database.readTogether((connection) =>
      searchLines(connection, this.#index, search, audience),
    );
  }

  /** Latest session of that voice channel, for resuming it. Its lines may be shown only after `mayKnow`. */
  latest(guildId: string, channelId: string): Promise<ResumableSession | undefined> {
    return this.#database.readTogether(async (connection) => {
      const [row] = await connection.rows(
        latestColumns,
        sql`SELECT key, ${columnList(sessionColumns)}, last_ms, last_number,
            ${this.#ownership.isOwn('sessions')} AS is_own
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

  /** Places in which captions of this server were posted. */
  async places(guildId: string): Promise<readonly string[]> {
    const rows = await this.#database.readTogether((connection) =>
      connection.rows(
        { placeId: id },
        sql`SELECT DISTINCT place_id FROM sessions WHERE guild_id = ${guildId} ORDER BY place_id`,
      ),
    );
    return rows.map((row) => row.placeId);
  }
}

const latestColumns = {
  key,
  ...sessionColumns,
  lastMs: optional(instant),
  lastNumber: optional(integer),
  isOwn: flag,
};

/** Session to resume. Presences that another process left open end at their beginning. */
async function resumable(
  connection: Connection,
  { key, lastMs = 0, lastNumber = 0, isOwn, ...session }: RowOf<typeof latestColumns>,
): Promise<ResumableSession> {
  const found = await connection.rows(
    presenceColumns,
    sql`${presencesOfSessions} WHERE p.session = ${key} ORDER BY p.from_ms`,
  );
  const presences = found.map((one) => (isOwn ? one : { ...one, toMs: one.toMs ?? one.fromMs }));
  const rows = await connection.rows(
    lineColumns,
    sql`SELECT ${columnList(lineColumns)} FROM lines
      WHERE session = ${key} AND end_ms >= ${lastMs - resumedMs} ORDER BY start_ms, id`,
  );
  const lines = rows.map((row) => lineOf(row, session.id));
  const ends = [...lines.map(({ endMs }) => endMs), ...presences.map(({ toMs = 0 }) => toMs)];
  const endMs = ends.reduce((latest, one) => Math.max(latest, one), 0);
  return { session, lastNumber, lastMs: endMs, lines, presences };
}
