import sql, { empty, type Sql } from 'sql-template-tag';
import { integer, json, key, text } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { columnList } from '#src/sql/table.ts';
import { idsOf, lineColumns, sessionKeyOf } from './line-tables.ts';
import { countsBeside } from './search-ranking.ts';
import type { SearchScope } from './search-scope.ts';
import { termOf, wordsOf } from './search-tokeniser.ts';
import {
  type FoundRow,
  foundColumns,
  type IndexedText,
  type WeightedTerm,
  type WordIndex,
} from './word-index-port.ts';

/**
 * Words of each line behind the key of its server. They stand in the index with their line, so that erasing takes out just them: it walks
 * the page of each word, so pages of 1,000 bytes, in place of 4,050, halve its time.
 */
export const lineWordsTable = `
  CREATE VIRTUAL TABLE line_words USING fts5 (words, detail = none, tokenize = 'ascii');
  INSERT INTO line_words (line_words, rank) VALUES ('secure-delete', 1), ('pgsz', 1000);`;

/** A line, and the sum of the weights of its words where it is ranked. */
type Candidate = { readonly id: number; readonly score: number };

/** Sessions that are looked through one by one: a word of one takes 0.1 ms. */
const mostSessionsApart = 48;
/** Lines that frequent words are looked for in at a time; after the first ones, in those of known sessions only. */
const linesAtOnce = 2_000;
/** Candidates whose session is checked at first; each time it is twice as many. */
const firstChecked = 32;
/** Pages of the index that one portion of a merge writes. */
const pagesAtOnce = 50;

/** Index of the words of lines in SQLite. */
export class Fts5Index implements WordIndex {
  termsOf(): undefined {
    return undefined;
  }

  async put(connection: Connection, lines: readonly IndexedText[]): Promise<void> {
    const there = await connection.rows(
      { id: key, text },
      sql`SELECT id, text FROM lines WHERE id ${connection.among(lines.map(({ id }) => id))}`,
    );
    const texts = new Map(there.map((line) => [line.id, line.text]));
    const changed = lines.filter((line) => texts.get(line.id) !== line.text);
    const former = changed.map(({ id }) => id).filter((id) => texts.has(id));
    if (former.length > 0) await this.erase(connection, former);
    await putWords(connection, changed);
  }

  async erase(connection: Connection, ids: readonly number[]): Promise<void> {
    await connection.run(sql`DELETE FROM line_words WHERE rowid ${connection.among(ids)}`);
  }

  /** Until its segments are merged, FTS5 keeps erased words as bounds of its pages (`line_words_idx`). */
  async merge(database: StoreDatabase): Promise<void> {
    await database.writeNow(beginMerge);
    await database.eraseInPortions(mergePages, Boolean);
  }

  async counts(
    connection: Connection,
    terms: readonly string[],
    most: number,
  ): Promise<readonly number[]> {
    const counts: number[] = [];
    for (const term of terms) {
      const [row] = await connection.rows(
        { count: integer },
        sql`SELECT COUNT(*) AS count FROM (
          SELECT 1 FROM line_words WHERE line_words MATCH ${quoted(term)} LIMIT ${most + 1})`,
      );
      counts.push(row?.count ?? 0);
    }
    return counts;
  }

  async best(scope: SearchScope, terms: readonly WeightedTerm[]): Promise<readonly FoundRow[]> {
    const candidates = await ranked(scope.connection, terms, await scope.sessions());
    return await knownOf(scope, inPortions(candidates));
  }

  async newest(scope: SearchScope, terms: readonly string[]): Promise<readonly FoundRow[]> {
    const keys = await scope.sessions();
    const walk = keys.length > mostSessionsApart ? newestOfAll : newestOfEach;
    return await knownOf(scope, unranked(walk(scope.connection, terms, keys)));
  }
}

/** Begins to merge the segments of the index. An erased word makes a new one, since FTS5 does not merge a single segment. */
async function beginMerge(connection: Connection): Promise<void> {
  await connection.run(sql`INSERT INTO line_words (rowid, words) VALUES (0, '0')`);
  await connection.run(sql`DELETE FROM line_words WHERE rowid = 0`);
  await mergePages(connection, -pagesAtOnce);
}

/** True while there is more to merge. */
async function mergePages(connection: Connection, pages = pagesAtOnce): Promise<boolean> {
  const before = await changesOf(connection);
  await connection.run(sql`INSERT INTO line_words (line_words, rank) VALUES ('merge', ${pages})`);
  return (await changesOf(connection)) - before >= 2;
}

/** Rows that this connection has changed so far. */
async function changesOf(connection: Connection): Promise<number> {
  const [row] = await connection.rows({ count: integer }, sql`SELECT total_changes() AS count`);
  return row?.count ?? 0;
}

/** Puts words of lines that have none in the index. */
async function putWords(connection: Connection, lines: readonly IndexedText[]): Promise<void> {
  for (const { guildKey, id, text } of lines) {
    const words = wordsOf(text).map((word) => termOf(guildKey, word));
    if (words.length > 0)
      await connection.run(
        sql`INSERT INTO line_words (rowid, words) VALUES (${id}, ${words.join(' ')})`,
      );
  }
}

/** Fills an index that a migration emptied, in one transaction. Errors: BotError `store.*`. */
export async function fillEmptyIndex(database: StoreDatabase): Promise<void> {
  const isEmpty = await database.readTogether(async (connection) => {
    const found = await connection.rows(
      { id: key },
      sql`SELECT id FROM lines WHERE NOT EXISTS (SELECT 1 FROM line_words_docsize) LIMIT 1`,
    );
    return found.length > 0;
  });
  if (!isEmpty) return;
  await database.writeNow(async (connection) => {
    for (let last = 0; ; ) {
      const rows = await connection.rows(
        { id: key, guildKey: key, text },
        sql`SELECT l.id, l.text, g.key AS guild_key FROM lines l
          JOIN sessions s ON s.key = l.session JOIN guilds g ON g.guild_id = s.guild_id
          WHERE l.id > ${last} ORDER BY l.id LIMIT ${linesAtOnce}`,
      );
      await putWords(connection, rows);
      last = rows.at(-1)?.id ?? last;
      if (rows.length < linesAtOnce) return;
    }
  });
}

/** Lines of these sessions, by the sum of the weights of their words, the newest first among equals. */
async function ranked(
  connection: Connection,
  terms: readonly WeightedTerm[],
  keys: readonly number[],
): Promise<readonly Candidate[]> {
  const isWanted = new Set(keys);
  const scores = new Map<number, number>();
  for (const { term, weight } of terms)
    for (const id of await idsBetween(connection, term, keys))
      if (isWanted.has(sessionKeyOf(id))) scores.set(id, (scores.get(id) ?? 0) + weight);
  const candidates = Array.from(scores, ([id, score]) => ({ id, score }));
  return candidates.sort((a, b) => b.score - a.score || b.id - a.id);
}

/** Ids of lines with all these terms, the newest first; `keys` are those of their sessions, the newest first. */
export async function* newestOfEach(
  connection: Connection,
  terms: readonly string[],
  keys: readonly number[],
): AsyncGenerator<readonly number[]> {
  for (const key of keys) {
    let common: readonly number[] | undefined;
    for (const term of terms) {
      const ids = new Set(await idsBetween(connection, term, [key]));
      common = common ? common.filter((id) => ids.has(id)) : [...ids];
      if (common.length === 0) break;
    }
    yield (common ?? []).toReversed();
  }
}

/** Ids like those of `newestOfEach`, by walking the index from the newest line on. */
export async function* newestOfAll(
  connection: Connection,
  terms: readonly string[],
  keys: readonly number[],
): AsyncGenerator<readonly number[]> {
  const isWanted = new Set(keys);
  const match = terms.map(quoted).join(' AND ');
  const isOfThese = sql`AND rowid / 4194304 ${connection.among(keys)}`;
  let [lowest, highest] = boundsOf(keys);
  for (let isFirst = true; ; isFirst = false) {
    const rows = await connection.rows(
      { id: key },
      sql`SELECT rowid AS id FROM line_words
        WHERE line_words MATCH ${match} AND ${isBetween(lowest, highest)} ${isFirst ? empty : isOfThese}
        ORDER BY rowid DESC LIMIT ${linesAtOnce}`,
    );
    const ids = rows.map(({ id }) => id);
    yield ids.filter((id) => isWanted.has(sessionKeyOf(id)));
    if (ids.length < linesAtOnce) return;
    highest = (ids.at(-1) ?? lowest) - 1;
  }
}

/** Ids of lines of these sessions, and of others begun between them, with a term; the oldest first. */
async function idsBetween(
  connection: Connection,
  term: string,
  keys: readonly number[],
): Promise<readonly number[]> {
  const [row] = await connection.rows(
    { ids: json<readonly number[]>() },
    sql`SELECT json_group_array(rowid) AS ids FROM line_words
      WHERE line_words MATCH ${quoted(term)} AND ${isBetween(...boundsOf(keys))}`,
  );
  return row?.ids ?? [];
}

/** Lowest and highest id of lines of these sessions, the newest first. */
function boundsOf(keys: readonly number[]): [lowest: number, highest: number] {
  const [lowest] = idsOf(keys.at(-1) ?? 0);
  const [, highest] = idsOf(keys[0] ?? 0);
  return [lowest, highest];
}

/** Bounds have to be whole numbers to SQLite, which a bound number is not: FTS5 walks past any others from end to end. */
function isBetween(lowest: number, highest: number): Sql {
  return sql`rowid >= CAST(${lowest} AS INTEGER) AND rowid <= CAST(${highest} AS INTEGER)`;
}

async function* unranked(
  portions: AsyncIterable<readonly number[]>,
): AsyncGenerator<readonly Candidate[]> {
  for await (const ids of portions) yield* inPortions(ids.map((id) => ({ id, score: 0 })));
}

function* inPortions(candidates: readonly Candidate[]): Generator<readonly Candidate[]> {
  for (let from = 0, count = firstChecked; from < candidates.length; count *= 2) {
    yield candidates.slice(from, from + count);
    from += count;
  }
}

/**
 * The first candidates in the scope of a search, as many as it wants and down to the lowest score that counts. SQLite begins a
 * CROSS JOIN with its left table: otherwise it may look through all lines of a server.
 */
async function knownOf(
  scope: SearchScope,
  portions: AsyncIterable<readonly Candidate[]> | Iterable<readonly Candidate[]>,
): Promise<readonly FoundRow[]> {
  const { connection, search } = scope;
  const found: FoundRow[] = [];
  for await (const portion of portions) {
    const ids = portion.map(({ id }) => id);
    const rows = await connection.rows(
      foundColumns,
      sql`SELECT ${columnList(lineColumns, 'l')}, 0 AS score
        FROM lines l CROSS JOIN sessions s
        WHERE s.key = l.session AND l.id ${connection.among(ids)} AND ${scope.hasLine()}`,
    );
    const known = new Map(rows.map((row) => [row.id, row]));
    for (const { id, score } of portion) {
      if (found.length >= search.limit || !countsBeside(score, found[0]?.score)) return found;
      const row = known.get(id);
      if (row) found.push({ ...row, score });
    }
  }
  return found;
}

/** Term as an FTS5 string, in which nothing is an operator. */
function quoted(term: string): string {
  return `"${term}"`;
}
