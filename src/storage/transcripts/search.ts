import type { Audience, FoundLine, TranscriptSearch } from '#src/captions/transcript-store.ts';
import type { DatabaseSync } from '#src/storage/sqlite.ts';
import { isWithin, type KnownSession, KnownSessions } from './known-times.ts';
import {
  countsBeside,
  mostOfWord,
  searchedWords,
  splitTerms,
  type Term,
  weightOf,
} from './ranking.ts';
import { idsOf, lineColumns, lineOf, type Row, sessionKeyOf } from './rows.ts';
import { termOf } from './words.ts';

/** A line, and the sum of the weights of its words where it is ranked. */
type Candidate = { readonly id: number; readonly score: number };

/** Lines that frequent words are looked for in one by one; then in those of known sessions only. */
const mostExamined = 2_000;
/** Sessions that are looked through one by one: a word of one takes 0.1 ms. */
const mostSessionsApart = 48;
/** Bounds have to be whole numbers to SQLite, which a `number` is not: FTS5 walks past any others from end to end. */
const betweenIds = 'line_words MATCH ? AND rowid >= ? AND rowid <= ?';
const idsBetween = `SELECT json_group_array(rowid) AS ids FROM line_words WHERE ${betweenIds}`;

/**
 * Lines with rare words of the search, those with most and rarest of them first; where all its words are frequent, the
 * newest lines with all of them and then with the rarest.
 */
export function searchLines(
  sqlite: DatabaseSync,
  search: TranscriptSearch,
  audience: Audience,
): readonly FoundLine[] {
  const { guildId, limit } = search;
  const terms = termsIn(sqlite, guildId, search.words);
  if (terms.length === 0 || limit < 1) return [];
  const known = new KnownSessions(sqlite, audience, search);
  if (known.keys.size === 0) return [];
  const { rare, frequent } = splitTerms(terms);
  const found = new Map<number, FoundLine>();
  collect(sqlite, ranked(sqlite, guildId, rare, known.keys), known, limit, found);
  const [rarest] = frequent;
  if (found.size > 0 || !rarest) return [...found.values()];
  const walk = known.keys.size > mostSessionsApart ? newestOfAll : newestOfEach;
  for (const sought of frequent.length > 1 ? [frequent, [rarest]] : [frequent]) {
    const words = sought.map(({ term }) => term);
    const ids = walk(sqlite, words, known.keys);
    collect(sqlite, unranked(ids), known, limit, found);
  }
  return [...found.values()];
}

/** Words of the search that the server's lines hold, rarest first. */
function termsIn(sqlite: DatabaseSync, guildId: string, words: string): readonly Term[] {
  const guild = sqlite.prepare('SELECT key FROM guilds WHERE guild_id = ?').get(guildId);
  if (!guild) return [];
  const count = sqlite.prepare(
    'SELECT count(*) AS n FROM (SELECT 1 FROM line_words WHERE line_words MATCH ? LIMIT ?)',
  );
  return searchedWords(words)
    .map((word) => termOf(Number(guild.key), word))
    .map((term) => ({ term, count: Number(count.get(quoted(term), mostOfWord + 1)?.n) }))
    .filter((one) => one.count > 0)
    .sort((a, b) => a.count - b.count);
}

/** By the sum of the weights of their words, the newest first among equals. */
function ranked(
  sqlite: DatabaseSync,
  guildId: string,
  terms: readonly Term[],
  keys: ReadonlySet<number>,
): readonly Candidate[] {
  if (terms.length === 0) return [];
  const sql = 'SELECT sum(last_number) AS n FROM sessions WHERE guild_id = ?';
  const lines = Number(sqlite.prepare(sql).get(guildId)?.n);
  const select = sqlite.prepare(idsBetween);
  const bounds = boundsOf([...keys]);
  const scores = new Map<number, number>();
  for (const { term, count } of terms) {
    const weight = weightOf(count, lines);
    const ids = idsIn(select.get(quoted(term), ...bounds));
    for (const id of ids) scores.set(id, (scores.get(id) ?? 0) + weight);
  }
  const candidates = Array.from(scores, ([id, score]) => ({ id, score }));
  return candidates.sort((a, b) => b.score - a.score || b.id - a.id);
}

/** Ids of lines with all these terms, the newest first; `keys` are those of their sessions, the newest first. */
export function* newestOfEach(
  sqlite: DatabaseSync,
  terms: readonly string[],
  keys: ReadonlySet<number>,
): Generator<number> {
  const select = sqlite.prepare(idsBetween);
  for (const key of keys) {
    const bounds = boundsOf([key]);
    let common: readonly number[] | undefined;
    for (const term of terms) {
      const ids = new Set(idsIn(select.get(quoted(term), ...bounds)));
      common = common ? common.filter((id) => ids.has(id)) : [...ids];
      if (common.length === 0) break;
    }
    yield* (common ?? []).toReversed();
  }
}

/** Newest lines with all terms, by walking the index from the newest line on; after many unknown lines it stops. */
export function* newestOfAll(
  sqlite: DatabaseSync,
  terms: readonly string[],
  keys: ReadonlySet<number>,
): Generator<number> {
  const all = [...keys];
  const [lowest, highest] = boundsOf(all);
  const match = terms.map(quoted).join(' AND ');
  const from = `SELECT rowid FROM line_words WHERE ${betweenIds}`;
  const first = sqlite.prepare(`${from} ORDER BY rowid DESC LIMIT ?`);
  let last = highest;
  let examined = 0;
  for (const { rowid } of first.iterate(match, lowest, highest, mostExamined)) {
    examined++;
    last = BigInt(Number(rowid));
    if (keys.has(sessionKeyOf(Number(rowid)))) yield Number(rowid);
  }
  if (examined < mostExamined) return;
  const among = 'rowid / 4194304 IN (SELECT value FROM json_each(?))';
  const others = sqlite.prepare(`${from} AND ${among} ORDER BY rowid DESC`);
  for (const { rowid } of others.iterate(match, lowest, last - 1n, JSON.stringify(all)))
    yield Number(rowid);
}

function* unranked(ids: Iterable<number>): Generator<Candidate> {
  for (const id of ids) yield { id, score: 0 };
}

/** Lowest and highest id of lines of these sessions, the newest first. */
function boundsOf(keys: readonly number[]): readonly [bigint, bigint] {
  const [lowest] = idsOf(keys.at(-1) ?? 0);
  const [, highest] = idsOf(keys[0] ?? 0);
  return [BigInt(lowest), BigInt(highest)];
}

function idsIn(row: Row | undefined): readonly number[] {
  return JSON.parse(String(row?.ids)); // made by SQLite of row ids
}

/** Adds the first lines that the audience may know, up to `limit` and down to the lowest score that counts. */
function collect(
  sqlite: DatabaseSync,
  candidates: Iterable<Candidate>,
  known: KnownSessions,
  limit: number,
  found: Map<number, FoundLine>,
): void {
  const select = sqlite.prepare(`SELECT ${lineColumns} FROM lines WHERE id = ?`);
  const startOf = sqlite.prepare('SELECT start_ms FROM lines WHERE id = ?');
  let best: number | undefined;
  for (const { id, score } of candidates) {
    if (found.size >= limit || !countsBeside(score, best)) return;
    const of = known.of(sessionKeyOf(id));
    if (!of || found.has(id) || !mayRead(of, () => Number(startOf.get(id)?.start_ms))) continue;
    const row = select.get(id);
    if (!row) continue;
    best ??= score;
    found.set(id, { line: lineOf(row, of.session.id), session: of.session });
  }
}

function mayRead({ isWhole, spans }: KnownSession, startMs: () => number): boolean {
  return isWhole || isWithin(spans, startMs());
}

/** Term as an FTS5 string, in which nothing is an operator. */
function quoted(term: string): string {
  return `"${term}"`;
}
