import sql from 'sql-template-tag';
import type {
  FoundLine,
  OpenChannels,
  TranscriptSearch,
} from '#src/features/captions/transcript-store-types.ts';
import { key, optional, whole } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import { columnList } from '#src/sql/table.ts';
import { lineOf, sessionKeyOf } from './line-tables.ts';
import {
  countsBeside,
  mostOfWord,
  searchedWords,
  splitTerms,
  type Term,
  weightOf,
} from './search-ranking.ts';
import { SearchScope } from './search-scope.ts';
import { termOf } from './search-tokeniser.ts';
import { sessionColumns } from './session-tables.ts';
import type { FoundRow, WordIndex } from './word-index-port.ts';

/**
 * Lines with rare words of the search, those with most and rarest of them first; where all its words are frequent, the
 * newest lines with all of them and then with the rarest.
 */
export async function searchLines(
  connection: Connection,
  index: WordIndex,
  search: TranscriptSearch,
  open: OpenChannels,
): Promise<readonly FoundLine[]> {
  if (search.limit < 1) return [];
  const { rare, frequent } = splitTerms(await termsIn(connection, index, search));
  const scope = new SearchScope(connection, search, open);
  if (rare.length > 0) {
    const lineCount = await countLines(connection, search.guildId);
    const weighted = rare.map(({ term, count }) => ({ term, weight: weightOf(count, lineCount) }));
    const rows = await index.best(scope, weighted);
    const found = rows.filter(({ score }) => countsBeside(score, rows[0]?.score));
    if (found.length > 0) return await withSessions(connection, found);
  }
  return await withSessions(connection, await newestLines(index, scope, frequent));
}

/** The newest lines with all of these terms, then those with the rarest, which is the first. */
async function newestLines(
  index: WordIndex,
  scope: SearchScope,
  terms: readonly Term[],
): Promise<readonly FoundRow[]> {
  const { limit } = scope.search;
  const all = terms.map(({ term }) => term);
  const found = new Map<number, FoundRow>();
  for (const sought of all.length > 1 ? [all, all.slice(0, 1)] : [all]) {
    if (sought.length === 0 || found.size >= limit) break;
    for (const row of await index.newest(scope, sought)) found.set(row.id, row);
  }
  return [...found.values()].slice(0, limit);
}

/** Words of the search that the server's lines hold, rarest first. */
async function termsIn(
  connection: Connection,
  index: WordIndex,
  { guildId, words }: TranscriptSearch,
) {
  const sought = searchedWords(words);
  if (sought.length === 0) return [];
  const statement = sql`SELECT key FROM guilds WHERE guild_id = ${guildId}`;
  const [guild] = await connection.rows({ key }, statement);
  if (!guild) return [];
  const all = sought.map((word) => termOf(guild.key, word));
  const counts = await index.counts(connection, all, mostOfWord);
  return all
    .map((term, n) => ({ term, count: counts[n] ?? 0 }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => a.count - b.count);
}

async function countLines(connection: Connection, guildId: string): Promise<number> {
  const statement = sql`SELECT SUM(last_number) AS count FROM sessions WHERE guild_id = ${guildId}`;
  const [row] = await connection.rows({ count: optional(whole) }, statement);
  return row?.count ?? 0;
}

async function withSessions(
  connection: Connection,
  rows: readonly FoundRow[],
): Promise<readonly FoundLine[]> {
  if (rows.length === 0) return [];
  const keys = [...new Set(rows.map(({ id }) => sessionKeyOf(id)))];
  const found = await connection.rows(
    { key, ...sessionColumns },
    sql`SELECT key, ${columnList(sessionColumns)} FROM sessions WHERE key ${connection.among(keys)}`,
  );
  const sessions = new Map(found.map(({ key, ...session }) => [key, session]));
  return rows.flatMap(({ score, ...row }) => {
    const session = sessions.get(sessionKeyOf(row.id));
    return session ? [{ line: lineOf(row, session.id), session }] : [];
  });
}
