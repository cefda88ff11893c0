import sql, { join, type Sql } from 'sql-template-tag';
import type { ChannelId, GuildId } from '#src/base/ids.ts';
import type {
  FoundLine,
  ListedSession,
  ReadableChannels,
  ResumableSession,
  TranscriptLine,
  TranscriptSearch,
} from '#src/features/captions/transcript-line.ts';
import { id, integer, key, number, reference, toOptional } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { toColumnList } from '#src/sql/table.ts';
import {
  idsPerSession,
  lineColumns,
  selectLines,
  sessionColumns,
  toLineNumber,
  toTranscriptLine,
} from './transcript-tables.ts';
import { splitIntoSearchWords, toIndexTerm } from './word-index.ts';

/** Opens a reader of words in open channels. Throws BotError `store.unreadable`. */
export function openTranscriptReader(database: StoreDatabase) {
  const ids = async (rows: Sql) =>
    (await database.read((connection) => connection.rows({ id }, rows))).map(
      (row) => row.id,
    );
  return {
    async listSessions(
      guildId: GuildId,
      open: ReadableChannels,
    ): Promise<readonly ListedSession[]> {
      const all = await database.read((connection) =>
        selectReadableSessions(connection, guildId, open),
      );
      return all.map(({ key: _, ...session }) => session);
    },

    listLines(
      sessionId: string,
      open: ReadableChannels,
      toMs = Number.POSITIVE_INFINITY,
    ): Promise<readonly TranscriptLine[]> {
      return database.read((connection) =>
        selectLines(
          connection,
          sql`WHERE s.id = ${sessionId} AND l.start_ms <= ${toMs}
            AND ${isOpenSession(connection, open)}
          ORDER BY l.start_ms, l.id`,
        ),
      );
    },

    search(
      request: TranscriptSearch,
      open: ReadableChannels,
    ): Promise<readonly FoundLine[]> {
      return database.read((connection) =>
        searchTranscriptLines(connection, request, open),
      );
    },

    async findLatest(
      guildId: GuildId,
      channelId: ChannelId,
    ): Promise<ResumableSession | undefined> {
      const [row] = await database.read((connection) =>
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
    },

    listGuilds(): Promise<readonly string[]> {
      return ids(sql`SELECT DISTINCT guild_id AS id FROM sessions ORDER BY guild_id`);
    },

    listChannels(guildId: GuildId): Promise<readonly string[]> {
      return ids(
        sql`SELECT DISTINCT channel_id AS id FROM sessions WHERE guild_id = ${guildId} ORDER BY channel_id`,
      );
    },
  };
}

const maxHitsPerWord = 8_000;
/** Further words of a question are left out. */
const maxSearchWords = 24;
/** A line below this part of the best score shares only small words with the search. */
const minScore = 0.25;

function isOpenSession(connection: Connection, { channelIds, own }: ReadableChannels) {
  const isOpen = sql`s.channel_id ${connection.among(channelIds)}`;
  if (!own) return isOpen;
  return sql`(${isOpen} OR s.channel_id ${connection.among(own.goneChannelIds)} AND EXISTS (
    SELECT 1 FROM lines o WHERE o.session = s.key AND o.person_id = ${own.personId}))`;
}

function selectReadableSessions(
  connection: Connection,
  guildId: GuildId,
  open: ReadableChannels,
) {
  return connection.rows(
    { key, ...sessionColumns, lineCount: integer },
    sql`SELECT s.key, ${toColumnList(sessionColumns, 's.')}, COUNT(*) AS line_count
      FROM sessions s JOIN lines l ON l.session = s.key
      WHERE s.guild_id = ${guildId} AND ${isOpenSession(connection, open)}
      GROUP BY s.key ORDER BY s.key DESC`,
  );
}

/** Ranks lines as BM25 does: most and rarest words first, then the newest. */
async function searchTranscriptLines(
  connection: Connection,
  { guildId, words, limit, sessionId }: TranscriptSearch,
  open: ReadableChannels,
): Promise<readonly FoundLine[]> {
  const all = await selectReadableSessions(connection, guildId, open);
  const sessions = all.filter(({ id }) => sessionId === undefined || id === sessionId);
  const searched = [...new Set(splitIntoSearchWords(words))].slice(0, maxSearchWords);
  if (sessions.length === 0 || searched.length === 0) return [];
  const keys = sessions.map((session) => session.key);
  const count = sessions.reduce((sum, { lineCount }) => sum + lineCount, 0);
  const hits = searched.map(
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
