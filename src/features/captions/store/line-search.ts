import sql, { join, type Sql } from 'sql-template-tag';
import type {
  FoundLine,
  OpenChannels,
  TranscriptSearch,
} from '#src/features/captions/transcript-store-types.ts';
import { integer, key, number, reference } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import { columnList } from '#src/sql/table.ts';
import { lineColumns, lineOf, sessionColumns } from './line-tables.ts';
import { wordsOf } from './search-tokeniser.ts';
import { linesWith } from './word-index.ts';

/** Words of a question that are looked at; further ones are left out. */
const mostWords = 24;
/** Part of the best line's score below which a line only shares small words with the search. */
const scoreFloor = 0.25;

/** SQL of whether the words of session `s` are let out. */
export function isOpenSession(connection: Connection, { channelIds, own }: OpenChannels): Sql {
  const isOpen = sql`s.channel_id ${connection.among(channelIds)}`;
  if (!own || own.goneChannelIds.length === 0) return isOpen;
  return sql`(${isOpen} OR s.channel_id ${connection.among(own.goneChannelIds)} AND EXISTS (
    SELECT 1 FROM lines o WHERE o.session = s.key AND o.person_id = ${own.personId}))`;
}

/** Open sessions of a server that have a line, the newest first, with their number of lines. */
export function openSessions(connection: Connection, guildId: string, open: OpenChannels) {
  return connection.rows(
    { key, ...sessionColumns, lineCount: integer },
    sql`SELECT s.key, ${columnList(sessionColumns, 's')}, COUNT(*) AS line_count
      FROM sessions s JOIN lines l ON l.session = s.key
      WHERE s.guild_id = ${guildId} AND ${isOpenSession(connection, open)}
      GROUP BY s.key ORDER BY s.key DESC`,
  );
}

/** Lines with words of the search, ranked as in BM25: those with most and rarest of them first, then the newest. */
export async function searchLines(
  connection: Connection,
  { guildId, words, limit, sessionId, ...range }: TranscriptSearch,
  open: OpenChannels,
): Promise<readonly FoundLine[]> {
  const all = await openSessions(connection, guildId, open);
  const sessions = all.filter(({ id }) => sessionId === undefined || id === sessionId);
  const searched = [...new Set(wordsOf(words))].slice(0, mostWords);
  if (sessions.length === 0 || searched.length === 0) return [];
  const keys = sessions.map((session) => session.key);
  const count = sessions.reduce((sum, { lineCount }) => sum + lineCount, 0);
  const hits = searched.map(
    (word) => sql`SELECT id, LN(1 + (${count} - found + 0.5) / (found + 0.5)) AS score FROM (
      SELECT id, CAST(COUNT(*) OVER () AS REAL) AS found
      FROM (${linesWith(connection, guildId, word, keys)}) AS newest) AS counted`,
  );
  const { fromWallMs = 0, toWallMs = Number.MAX_SAFE_INTEGER } = range;
  const rows = await connection.rows(
    { ...lineColumns, session: reference, score: number },
    sql`SELECT ${columnList(lineColumns, 'l')}, l.session, ranked.score FROM (
        SELECT id, SUM(score) AS score FROM (${join(hits, ' UNION ALL ')}) AS hits GROUP BY id
      ) AS ranked JOIN lines l ON l.id = ranked.id JOIN sessions s ON s.key = l.session
      WHERE s.started_at_wall_ms + l.start_ms BETWEEN ${fromWallMs} AND ${toWallMs}
      ORDER BY ranked.score DESC, l.id DESC LIMIT ${Math.max(0, limit)}`,
  );
  const byKey = new Map(sessions.map(({ key, lineCount: _, ...session }) => [key, session]));
  return rows.flatMap(({ score, session: sessionKey, ...row }) => {
    const session = byKey.get(sessionKey);
    const isRelated = score >= (rows[0]?.score ?? 0) * scoreFloor;
    return session && isRelated ? [{ line: lineOf(row, session.id), session }] : [];
  });
}
