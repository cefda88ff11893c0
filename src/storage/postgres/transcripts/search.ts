import type { Audience, FoundLine, TranscriptSearch } from '#src/captions/transcript-store.ts';
import type { SqlConnection, SqlRow } from '#src/storage/postgres/sql-connection.ts';
import {
  countsBeside,
  mostOfWord,
  searchedWords,
  splitTerms,
  type Term,
  weightOf,
} from '#src/storage/transcripts/ranking.ts';
import { lineOf, sessionKeyOf, sessionOf } from '#src/storage/transcripts/rows.ts';
import { mayKnowLine, mayKnowSession, viewersOf } from './known-lines.ts';
import { termLiteral } from './line-puts.ts';
import { lineColumns } from './rows.ts';

/** A statement with its values. */
type Statement = { readonly sql: string; readonly values: readonly unknown[] };

/** Sessions in which frequent words are looked for at first; each time it is twice as many. */
const firstSessions = 16;

/** Searches like SQLite: ranks lines by their rare words, or, where all words are frequent, finds the newest lines with all of them. */
export async function searchLines(
  connection: SqlConnection,
  search: TranscriptSearch,
  audience: Audience,
): Promise<readonly FoundLine[]> {
  const { guildId, limit } = search;
  const terms = await termsIn(connection, guildId, search.words);
  if (terms.length === 0 || limit < 1) return [];
  const { rare, frequent } = splitTerms(terms);
  const found = new Map<number, SqlRow>();
  if (rare.length > 0) {
    const { sql, values } = rankedStatement(rare, await countLines(connection, guildId), {
      search,
      audience,
    });
    add(found, best(await connection.rows(sql, values)), limit);
  }
  const [rarest] = frequent;
  if (found.size === 0 && rarest) {
    const all = frequent.map(({ term }) => term).join(' & ');
    for (const match of new Set([all, rarest.term]))
      await addNewest(connection, match, { search, audience }, found);
  }
  return await withSessions(connection, found);
}

type Scope = { readonly search: TranscriptSearch; readonly audience: Audience };

/** Lines with any of these words that the audience may know, best first. */
export function rankedStatement(
  terms: readonly Term[],
  lines: number,
  { search, audience }: Scope,
): Statement {
  const { guildId, limit, sessionId, fromWallMs, toWallMs } = search;
  const sql = `
    WITH scored AS MATERIALIZED (
      SELECT l.id, sum(t.weight) AS score
      FROM unnest($5::tsquery[], $6::double precision[]) AS t(query, weight)
      JOIN lines l ON l.terms @@ t.query GROUP BY l.id
    )
    SELECT ${lineColumns}, score
    FROM scored JOIN lines l USING (id) JOIN sessions s ON s.key = l.session
    WHERE ${inScope} AND ${mayKnowLine(7)}
    ORDER BY score DESC, l.id DESC LIMIT $8`;
  const queries = terms.map(({ term }) => term);
  const weights = terms.map(({ count }) => weightOf(count, lines));
  const scope = [guildId, sessionId ?? null, fromWallMs ?? null, toWallMs ?? null];
  return { sql, values: [...scope, queries, weights, viewersOf(audience), limit] };
}

const isSession = '($2::text IS NULL OR s.id = $2)';
const inScope = `s.guild_id = $1 AND ${isSession}
  AND l.start_ms >= coalesce($3::double precision - s.started_at_ms, '-Infinity')
  AND l.start_ms <= coalesce($4::double precision - s.started_at_ms, 'Infinity')`;

/** Words of the search that the server's lines hold, rarest first. */
async function termsIn(
  connection: SqlConnection,
  guildId: string,
  words: string,
): Promise<readonly Term[]> {
  const [guild] = await connection.rows('SELECT key FROM guilds WHERE guild_id = $1', [guildId]);
  const all = searchedWords(words);
  if (!guild || all.length === 0) return [];
  const queries = all.map((word) => termLiteral(Number(guild.key), word));
  const sql = `
    SELECT t.query, (
      SELECT count(*) FROM (SELECT FROM lines WHERE terms @@ t.query::tsquery LIMIT $2) AS found
    ) AS count FROM unnest($1::text[]) AS t(query)`;
  const rows = await connection.rows(sql, [queries, mostOfWord + 1]);
  return rows
    .map(({ query, count }) => ({ term: String(query), count: Number(count) }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => a.count - b.count);
}

async function countLines(connection: SqlConnection, guildId: string): Promise<number> {
  const sql = 'SELECT sum(last_number) AS n FROM sessions WHERE guild_id = $1';
  const [row] = await connection.rows(sql, [guildId]);
  return Number(row?.n);
}

/** Newest first, from session to session: a frequent word is in most of them. */
async function addNewest(
  connection: SqlConnection,
  match: string,
  { search, audience }: Scope,
  found: Map<number, SqlRow>,
): Promise<void> {
  const { guildId, limit, sessionId, fromWallMs, toWallMs } = search;
  const scope = [guildId, sessionId ?? null, fromWallMs ?? null, toWallMs ?? null];
  const keysSql = `SELECT s.key FROM sessions s
    WHERE s.guild_id = $1 AND ${isSession} AND s.first_ms IS NOT NULL
      AND s.last_ms >= coalesce($3::double precision - s.started_at_ms, '-Infinity')
      AND s.first_ms <= coalesce($4::double precision - s.started_at_ms, 'Infinity')
      AND ${mayKnowSession(5)} ORDER BY s.key DESC`;
  const keys = (await connection.rows(keysSql, [...scope, viewersOf(audience)])).map(
    ({ key }) => key,
  );
  const sql = `SELECT ${lineColumns} FROM sessions s JOIN lines l ON l.session = s.key
    WHERE s.key = ANY ($6) AND ${inScope} AND l.terms @@ $7::tsquery AND ${mayKnowLine(5)}
    ORDER BY l.id DESC LIMIT $8`;
  for (let from = 0, count = firstSessions; from < keys.length && found.size < limit; ) {
    const some = keys.slice(from, from + count);
    const values = [...scope, viewersOf(audience), some, match, limit];
    add(found, await connection.rows(sql, values), limit);
    from += count;
    count *= 2;
  }
}

/** Rows with their `score`, down to the lowest that counts. */
function best(rows: readonly SqlRow[]): readonly SqlRow[] {
  const [first] = rows;
  return rows.filter(({ score }) => countsBeside(Number(score), first && Number(first.score)));
}

function add(found: Map<number, SqlRow>, rows: readonly SqlRow[], limit: number): void {
  for (const row of rows) {
    const id = Number(row.id);
    if (found.size < limit && !found.has(id)) found.set(id, row);
  }
}

async function withSessions(
  connection: SqlConnection,
  found: ReadonlyMap<number, SqlRow>,
): Promise<readonly FoundLine[]> {
  const keys = [...new Set([...found.keys()].map(sessionKeyOf))];
  const rows = await connection.rows('SELECT * FROM sessions WHERE key = ANY ($1)', [keys]);
  const sessions = new Map(rows.map((row) => [Number(row.key), sessionOf(row)]));
  return Array.from(found).flatMap(([id, row]) => {
    const session = sessions.get(sessionKeyOf(id));
    return session ? [{ line: lineOf(row, session.id), session }] : [];
  });
}
