import type { Audience, FoundLine, TranscriptSearch } from '#src/captions/transcript-store.ts';
import type { DatabaseSync } from '#src/storage/sqlite.ts';
import { isWithin, type KnownSession, knownSessions } from './known-times.ts';
import { lineColumns, lineOf, sessionKeyOf } from './rows.ts';
import { termOf, wordsOf } from './words.ts';

/** Words of a question that are looked at; further ones are left out. */
const mostWords = 24;
/**
 * Lines with a word, and with all words together, above which it ranks nothing: counting 8,000 takes 0.7 ms and ranking
 * 12,000 about 8 ms, while bm25 over a million lines takes 160 ms. From bench/captions/store.ts, 2026-11-21.
 */
const mostOfWord = 8_000;
const mostRanked = 12_000;
/** Part of the best line's score below which a line only shares small words with what is searched for. */
const scoreFloor = 0.25;

type Term = { readonly term: string; readonly count: number };
type Known = ReadonlyMap<number, KnownSession>;
/** Ids of lines, best first; with scores where they are ranked. */
type Candidates = Iterable<{ readonly id: number; readonly score: number }>;

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
  const known = new Map(knownSessions(sqlite, audience, search).map((one) => [one.key, one]));
  if (known.size === 0) return [];
  const { rare, frequent } = split(terms);
  const found = new Map<number, FoundLine>();
  take(sqlite, ranked(sqlite, guildId, rare, known), known, limit, found);
  if (found.size > 0) return [...found.values()];
  const within = holdsAll(sqlite, guildId, known) ? undefined : [...known.keys()];
  const all = frequent.map(({ term }) => quoted(term)).join(' AND ');
  for (const match of new Set([all, quoted(frequent[0]?.term ?? '')])) {
    if (frequent.length === 0 || found.size >= limit) break;
    take(sqlite, newest(sqlite, match, within), known, limit, found);
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
  return [...new Set(wordsOf(words))]
    .slice(0, mostWords)
    .map((word) => termOf(Number(guild.key), word))
    .map((term) => ({ term, count: Number(count.get(quoted(term), mostOfWord + 1)?.n) }))
    .filter((one) => one.count > 0)
    .sort((a, b) => a.count - b.count);
}

function split(terms: readonly Term[]) {
  const rare: Term[] = [];
  let sum = 0;
  for (const one of terms) {
    sum += one.count;
    if (one.count > mostOfWord || sum > mostRanked) break;
    rare.push(one);
  }
  return { rare, frequent: terms.slice(rare.length) };
}

/** By the sum of the weights of their words, the newest first among equals. */
function ranked(
  sqlite: DatabaseSync,
  guildId: string,
  terms: readonly Term[],
  known: Known,
): Candidates {
  if (terms.length === 0) return [];
  const sql = 'SELECT sum(last_number) AS n FROM sessions WHERE guild_id = ?';
  const lines = Number(sqlite.prepare(sql).get(guildId)?.n);
  const select = sqlite.prepare('SELECT rowid FROM line_words WHERE line_words MATCH ?');
  const scores = new Map<number, number>();
  for (const { term, count } of terms) {
    const weight = Math.log(1 + (Math.max(lines, count) - count + 0.5) / (count + 0.5)); // as in BM25
    for (const { rowid } of select.all(quoted(term))) {
      const id = Number(rowid);
      if (known.has(sessionKeyOf(id))) scores.set(id, (scores.get(id) ?? 0) + weight);
    }
  }
  const sorted = [...scores].sort(([a, left], [b, right]) => right - left || b - a);
  return sorted.map(([id, score]) => ({ id, score }));
}

/** Newest first; only of these sessions. */
function* newest(
  sqlite: DatabaseSync,
  match: string,
  within: readonly number[] | undefined,
): Generator<{ readonly id: number; readonly score: number }> {
  const among = within ? 'AND rowid / 4194304 IN (SELECT value FROM json_each(?))' : '';
  const sql = `SELECT rowid FROM line_words WHERE line_words MATCH ? ${among} ORDER BY rowid DESC`;
  const rows = sqlite.prepare(sql).iterate(match, ...(within ? [JSON.stringify(within)] : []));
  for (const { rowid } of rows) yield { id: Number(rowid), score: 0 };
}

/** Adds the first lines that the audience may know, up to `limit` and down to the lowest score that counts. */
function take(
  sqlite: DatabaseSync,
  candidates: Candidates,
  known: Known,
  limit: number,
  found: Map<number, FoundLine>,
): void {
  const select = sqlite.prepare(`SELECT ${lineColumns} FROM lines WHERE id = ?`);
  const startOf = sqlite.prepare('SELECT start_ms FROM lines WHERE id = ?');
  let best: number | undefined;
  for (const { id, score } of candidates) {
    if (found.size >= limit || score < (best ?? 0) * scoreFloor) return;
    const of = known.get(sessionKeyOf(id));
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

/** Whether every session of the server is known: then none is looked up line by line. */
function holdsAll(sqlite: DatabaseSync, guildId: string, known: Known): boolean {
  const sql = 'SELECT count(*) AS n FROM sessions WHERE guild_id = ? AND first_ms IS NOT NULL';
  return Number(sqlite.prepare(sql).get(guildId)?.n) === known.size;
}

/** As FTS5 reads it: one string, in which nothing is an operator. */
function quoted(term: string): string {
  return `"${term}"`;
}
