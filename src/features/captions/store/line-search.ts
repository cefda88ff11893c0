import sql, { empty, type Sql } from 'sql-template-tag';
import type {
  FoundLine,
  OpenChannels,
  TranscriptSearch,
} from '#src/features/captions/transcript-store-types.ts';
import { integer, key, optional } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import { columnList } from '#src/sql/table.ts';
import { lineColumns, lineOf, sessionKeyOf } from './line-tables.ts';
import { termOf, wordsOf } from './search-tokeniser.ts';
import { sessionColumns } from './session-tables.ts';
import type { WordIndex } from './word-index-port.ts';

/** Words of a question that are looked at; further ones are left out. */
const mostWords = 24;
/** Lines that a word ranks: the newest with it. */
const mostOfWord = 8_000;
/** Part of the best line's score below which a line only shares small words with the search. */
const scoreFloor = 0.25;
/** Candidates that are read at a time. */
const readAtOnce = 100;

type Candidate = { readonly id: number; readonly score: number };

const searchedColumns = { key, ...sessionColumns, lastNumber: optional(integer), guildKey: key };
type SearchedSession = {
  readonly session: FoundLine['session'];
  readonly guildKey: number;
  readonly lastNumber: number;
};

/** SQL of whether the words of session `s` are let out. */
export function isOpenSession(connection: Connection, { channelIds, own }: OpenChannels): Sql {
  const isOpen = sql`s.channel_id ${connection.among(channelIds)}`;
  if (!own || own.goneChannelIds.length === 0) return isOpen;
  return sql`(${isOpen} OR s.channel_id ${connection.among(own.goneChannelIds)} AND EXISTS (
    SELECT 1 FROM lines o WHERE o.session = s.key AND o.person_id = ${own.personId}))`;
}

/** Lines with words of the search, ranked as in BM25: those with most and rarest of them first, then the newest. */
export async function searchLines(
  connection: Connection,
  index: WordIndex,
  search: TranscriptSearch,
  open: OpenChannels,
): Promise<readonly FoundLine[]> {
  const sessions = await sessionsOf(connection, search, open);
  const [newest] = sessions.values();
  if (!newest || search.limit < 1) return [];
  const words = [...new Set(wordsOf(search.words))].slice(0, mostWords);
  const terms = words.map((word) => termOf(newest.guildKey, word));
  return await read(connection, await ranked(connection, index, terms, sessions), search, sessions);
}

/** Sessions in which the search may find something, the newest first. */
async function sessionsOf(
  connection: Connection,
  { guildId, sessionId, fromWallMs = 0, toWallMs = Number.MAX_SAFE_INTEGER }: TranscriptSearch,
  open: OpenChannels,
): Promise<ReadonlyMap<number, SearchedSession>> {
  const rows = await connection.rows(
    searchedColumns,
    sql`SELECT s.key, ${columnList(sessionColumns, 's')}, s.last_number, g.key AS guild_key
      FROM sessions s JOIN guilds g ON g.guild_id = s.guild_id
      WHERE s.guild_id = ${guildId} ${sessionId === undefined ? empty : sql`AND s.id = ${sessionId}`}
        AND s.started_at_wall_ms + s.last_ms >= ${fromWallMs}
        AND s.started_at_wall_ms + s.first_ms <= ${toWallMs}
        AND ${isOpenSession(connection, open)}
      ORDER BY s.key DESC`,
  );
  return new Map(
    rows.map(({ guildKey, key, lastNumber = 0, ...session }) => [
      key,
      { guildKey, lastNumber, session },
    ]),
  );
}

async function ranked(
  connection: Connection,
  index: WordIndex,
  terms: readonly string[],
  sessions: ReadonlyMap<number, SearchedSession>,
): Promise<readonly Candidate[]> {
  const keys = [...sessions.keys()];
  const lineCount = sessions.values().reduce((sum, { lastNumber }) => sum + lastNumber, 0);
  const scores = new Map<number, number>();
  for (const term of terms) {
    const ids = await index.newest(connection, term, keys, mostOfWord);
    const weight = weightOf(ids.length, lineCount);
    for (const id of ids) scores.set(id, (scores.get(id) ?? 0) + weight);
  }
  const candidates = Array.from(scores, ([id, score]) => ({ id, score }));
  return candidates.sort((one, other) => other.score - one.score || other.id - one.id);
}

/** The first candidates within the time of the search, down to the lowest score that counts beside the best. */
async function read(
  connection: Connection,
  candidates: readonly Candidate[],
  { limit, fromWallMs = 0, toWallMs = Number.MAX_SAFE_INTEGER }: TranscriptSearch,
  sessions: ReadonlyMap<number, SearchedSession>,
): Promise<readonly FoundLine[]> {
  const found: FoundLine[] = [];
  let best: number | undefined;
  for (let from = 0; from < candidates.length; from += readAtOnce) {
    const portion = candidates.slice(from, from + readAtOnce);
    const rows = await connection.rows(
      lineColumns,
      sql`SELECT ${columnList(lineColumns, 'l')} FROM lines l JOIN sessions s ON s.key = l.session
        WHERE l.id ${connection.among(portion.map(({ id }) => id))}
          AND s.started_at_wall_ms + l.start_ms BETWEEN ${fromWallMs} AND ${toWallMs}`,
    );
    const byId = new Map(rows.map((row) => [row.id, row]));
    for (const { id, score } of portion) {
      const [row, searched] = [byId.get(id), sessions.get(sessionKeyOf(id))];
      if (!row || !searched) continue;
      best ??= score;
      if (found.length >= limit || score < best * scoreFloor) return found;
      const { session } = searched;
      found.push({ line: lineOf(row, session.id), session });
    }
  }
  return found;
}

/** Score that a word in `count` of `lines` adds to a line, as in BM25. */
function weightOf(count: number, lines: number): number {
  return Math.log(1 + (Math.max(lines, count) - count + 0.5) / (count + 0.5));
}
