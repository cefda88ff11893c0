import type { TranscriptLine } from '#src/captions/transcript-line.ts';
import type {
  Audience,
  FoundLine,
  LineRange,
  ListedSession,
  ResumableSession,
  TranscriptReader,
  TranscriptSearch,
} from '#src/captions/transcript-store.ts';
import type { OrderedDatabase } from '#src/storage/postgres/ordered-database.ts';
import type { SqlConnection, SqlRow } from '#src/storage/postgres/sql-connection.ts';
import {
  lineOf,
  presenceOf,
  resumableOf,
  resumedMs,
  sessionOf,
} from '#src/storage/transcripts/rows.ts';
import { mayKnowLine, mayKnowSession, viewersOf } from './known-lines.ts';
import { lineColumns, readTogether } from './rows.ts';
import { searchLines } from './search.ts';

/** Transcripts in PostgreSQL, as far as an audience may know them. */
export class PostgresReader implements TranscriptReader {
  readonly #database: OrderedDatabase;

  constructor(database: OrderedDatabase) {
    this.#database = database;
  }

  async sessions(
    guildId: string,
    audience: Audience,
    limit: number,
  ): Promise<readonly ListedSession[]> {
    const sql = `
      SELECT s.*, lines.count FROM sessions s CROSS JOIN LATERAL (
        SELECT count(*) AS count FROM lines l WHERE l.session = s.key AND ${mayKnowLine(2)}
      ) AS lines
      WHERE s.guild_id = $1 AND ${mayKnowSession(2)} AND lines.count > 0
      ORDER BY s.key DESC LIMIT $3`;
    const values = [guildId, viewersOf(audience), Math.max(0, limit)];
    const rows = await this.#read((connection) => connection.rows(sql, values));
    return rows.map((row) => ({ ...sessionOf(row), lineCount: Number(row.count) }));
  }

  async lines(
    sessionId: string,
    audience: Audience,
    { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY }: LineRange = {},
  ): Promise<readonly TranscriptLine[]> {
    const sql = `SELECT ${lineColumns} FROM sessions s JOIN lines l ON l.session = s.key
      WHERE s.id = $1 AND l.start_ms BETWEEN $3 AND $4 AND ${mayKnowLine(2)}
      ORDER BY l.start_ms, l.id`;
    const values = [sessionId, viewersOf(audience), fromMs, toMs];
    const rows = await this.#read((connection) => connection.rows(sql, values));
    return rows.map((row) => lineOf(row, sessionId));
  }

  search(search: TranscriptSearch, audience: Audience): Promise<readonly FoundLine[]> {
    return readTogether(this.#database.pool, (connection) =>
      searchLines(connection, search, audience),
    );
  }

  latest(guildId: string, channelId: string): Promise<ResumableSession | undefined> {
    const sql = `SELECT * FROM sessions WHERE guild_id = $1 AND channel_id = $2
      ORDER BY key DESC LIMIT 1`;
    const { writer } = this.#database;
    return readTogether(this.#database.pool, async (connection) => {
      const [row] = await connection.rows(sql, [guildId, channelId]);
      return row && (await resumable(connection, row, writer));
    });
  }

  async guilds(): Promise<readonly string[]> {
    const sql = `SELECT guild_id FROM guilds g
      WHERE EXISTS (SELECT FROM sessions s WHERE s.guild_id = g.guild_id) ORDER BY key`;
    const rows = await this.#read((connection) => connection.rows(sql));
    return rows.map(({ guild_id }) => String(guild_id));
  }

  async places(guildId: string): Promise<readonly string[]> {
    const sql = 'SELECT DISTINCT place_id FROM sessions WHERE guild_id = $1 ORDER BY place_id';
    const rows = await this.#read((connection) => connection.rows(sql, [guildId]));
    return rows.map(({ place_id }) => String(place_id));
  }

  #read(work: (connection: SqlConnection) => Promise<readonly SqlRow[]>) {
    return this.#database.pool.search(work);
  }
}

/** Session to resume. Presences that another process left open end at their beginning. */
async function resumable(
  connection: SqlConnection,
  row: SqlRow,
  writer: string,
): Promise<ResumableSession> {
  const session = sessionOf(row);
  const isOwn = row.written_by === writer;
  const presences = await connection.rows(
    `SELECT person_id, from_ms, CASE WHEN $2 THEN to_ms ELSE coalesce(to_ms, from_ms) END AS to_ms
     FROM presences WHERE session = $1 ORDER BY from_ms`,
    [row.key, isOwn],
  );
  const lines = await connection.rows(
    `SELECT ${lineColumns} FROM lines l WHERE session = $1 AND end_ms >= $2 ORDER BY start_ms, id`,
    [row.key, Number(row.last_ms ?? 0) - resumedMs],
  );
  return resumableOf(
    row,
    lines.map((line) => lineOf(line, session.id)),
    presences.map((presence) => presenceOf(presence, session.id)),
  );
}
