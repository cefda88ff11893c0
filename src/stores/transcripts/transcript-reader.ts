import sql, { join } from 'sql-template-tag';
import type { ChannelId, GuildId } from '#src/base/ids.ts';
import {
  channelId,
  guildId,
  integer,
  key,
  number,
  reference,
  toOptional,
} from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { toColumnList } from '#src/sql/table.ts';
import type {
  FoundLine,
  ListedSession,
  ReadableChannels,
  ResumableSession,
  TranscriptLine,
  TranscriptSearch,
} from './transcript-line.ts';
import {
  idsPerSession,
  lineColumns,
  selectLines,
  sessionColumns,
  splitIntoSearchWords,
  toIndexTerm,
  toLineNumber,
  toTranscriptLine,
} from './transcript-tables.ts';

/** Reads lines of channels that the reader may know. Throws BotError `store.unreadable`. */
export class TranscriptReader {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  /** Lists sessions with lines, newest first. */
  async listSessions(
    guildId: GuildId,
    readable: ReadableChannels,
  ): Promise<readonly ListedSession[]> {
    const sessions = await this.#database.read((connection) =>
      selectReadableSessions(connection, guildId, readable),
    );
    return sessions.map(({ key: _, ...session }) => session);
  }

  /** Lists lines of a session that began up to `toMs` of the session, in order. */
  listLines(
    sessionId: string,
    readable: ReadableChannels,
    toMs: number = Number.POSITIVE_INFINITY,
  ): Promise<readonly TranscriptLine[]> {
    return this.#database.read((connection) =>
      selectLines(
        connection,
        sql`WHERE s.id = ${sessionId} AND l.start_ms <= ${toMs}
            AND ${isReadableSession(connection, readable)}
          ORDER BY l.start_ms, l.id`,
      ),
    );
  }

  /** Finds lines by words: most and rarest words first, then the newest. */
  search(
    request: TranscriptSearch,
    readable: ReadableChannels,
  ): Promise<readonly FoundLine[]> {
    return this.#database.read((connection) =>
      searchTranscriptLines(connection, request, readable),
    );
  }

  /** Finds the newest session of a voice channel, whoever may know its lines. */
  async findLatest(
    guildId: GuildId,
    channelId: ChannelId,
  ): Promise<ResumableSession | undefined> {
    const [row] = await this.#database.read((connection) =>
      connection.rows(
        { ...sessionColumns, lastId: toOptional(reference) },
        sql`SELECT ${toColumnList(sessionColumns)},
            (SELECT MAX(lines.id) FROM lines WHERE session = key) AS last_id
          FROM sessions WHERE guild_id = ${guildId} AND channel_id = ${channelId}
          ORDER BY key DESC LIMIT 1`,
      ),
    );
    if (!row) return undefined;
    const { lastId = 0, ...session } = row;
    return { session, lastNumber: toLineNumber(lastId) };
  }

  /** Lists servers with sessions. */
  async listGuilds(): Promise<readonly GuildId[]> {
    const rows = await this.#database.read((connection) =>
      connection.rows(
        { id: guildId },
        sql`SELECT DISTINCT guild_id AS id FROM sessions ORDER BY guild_id`,
      ),
    );
    return rows.map(({ id }) => id);
  }

  /** Lists voice channels of a server with sessions. */
  async listChannels(guildId: GuildId): Promise<readonly ChannelId[]> {
    const rows = await this.#database.read((connection) =>
      connection.rows(
        { id: channelId },
        sql`SELECT DISTINCT channel_id AS id FROM sessions WHERE guild_id = ${guildId} ORDER BY channel_id`,
      ),
    );
    return rows.map(({ id }) => id);
  }
}

const maxHitsPerWord = 8_000;
/** Further words of a question are left out. */
const maxSearchWords = 24;
/** A line below this part of the best score shares only small words with the search. */
const minScore = 0.25;

function isReadableSession(
  connection: Connection,
  { channelIds, own: ownLines }: ReadableChannels,
) {
  const isOpen = sql`s.channel_id ${connection.among(channelIds)}`;
  if (!ownLines) return isOpen;
  return sql`(${isOpen} OR s.channel_id ${connection.among(ownLines.goneChannelIds)} AND EXISTS (
    SELECT 1 FROM lines o WHERE o.session = s.key AND o.person_id = ${ownLines.personId}))`;
}

function selectReadableSessions(
  connection: Connection,
  guildId: GuildId,
  readable: ReadableChannels,
) {
  return connection.rows(
    { key, ...sessionColumns, lineCount: integer },
    sql`SELECT s.key, ${toColumnList(sessionColumns, 's.')}, COUNT(*) AS line_count
      FROM sessions s JOIN lines l ON l.session = s.key
      WHERE s.guild_id = ${guildId} AND ${isReadableSession(connection, readable)}
      GROUP BY s.key ORDER BY s.key DESC`,
  );
}

/** Ranks lines as BM25 does: most and rarest words first, then the newest. */
async function searchTranscriptLines(
  connection: Connection,
  { guildId, words, limit, sessionId }: TranscriptSearch,
  readable: ReadableChannels,
): Promise<readonly FoundLine[]> {
  const readableSessions = await selectReadableSessions(connection, guildId, readable);
  const sessions = readableSessions.filter(
    ({ id }) => sessionId === undefined || id === sessionId,
  );
  const searchWords = [...new Set(splitIntoSearchWords(words))].slice(
    0,
    maxSearchWords,
  );
  if (sessions.length === 0 || searchWords.length === 0) return [];
  const keys = sessions.map((session) => session.key);
  const count = sessions.reduce((sum, { lineCount }) => sum + lineCount, 0);
  const hits = searchWords.map(
    (
      word,
    ) => sql`SELECT id, LN(1 + (${count} - found + 0.5) / (found + 0.5)) AS score FROM (
      SELECT id, CAST(COUNT(*) OVER () AS REAL) AS found
      FROM (${selectLinesWithWord(connection, guildId, word, keys)}) AS newest) AS counted`,
  );
  const rows = await connection.rows(
    { ...lineColumns, session: reference, score: number },
    sql`SELECT ${toColumnList(lineColumns, 'l.')}, l.session, ranked.score FROM (
        SELECT id, SUM(score) AS score FROM (${join(hits, ' UNION ALL ')}) AS hits GROUP BY id
      ) AS ranked JOIN lines l ON l.id = ranked.id
      ORDER BY ranked.score DESC, l.id DESC LIMIT ${Math.max(0, limit)}`,
  );
  const byKey = new Map(
    sessions.map(({ key, lineCount: _, ...session }) => [key, session]),
  );
  return rows.flatMap(({ score, session: sessionKey, ...row }) => {
    const session = byKey.get(sessionKey);
    const isRelated = score >= (rows[0]?.score ?? 0) * minScore;
    return session && isRelated
      ? [{ line: toTranscriptLine(row, session.id), session }]
      : [];
  });
}

function selectLinesWithWord(
  connection: Connection,
  guildId: GuildId,
  word: string,
  sessionKeys: readonly number[],
) {
  const among = connection.among(sessionKeys);
  const term = toIndexTerm(guildId, word);
  if (connection.dialect === 'postgres')
    return sql`SELECT id FROM lines WHERE terms @@ ${`'${term}'`}::tsquery AND session ${among}
      ORDER BY id DESC LIMIT ${maxHitsPerWord}`;
  const [latest = 0, earliest = latest] = [sessionKeys[0], sessionKeys.at(-1)];
  // FTS5 needs whole numbers as bounds, which a bound number is not to SQLite.
  return sql`SELECT rowid AS id FROM line_words WHERE line_words MATCH ${`"${term}"`}
    AND rowid >= CAST(${earliest * idsPerSession} AS INTEGER) AND rowid < CAST(${(latest + 1) * idsPerSession} AS INTEGER)
    AND rowid / 4194304 ${among} ORDER BY rowid DESC LIMIT ${maxHitsPerWord}`;
}
