import type { TranscriptSession } from '#src/captions/transcript-line.ts';
import type { Audience, Viewer } from '#src/captions/transcript-store.ts';
import type { DatabaseSync } from '#src/storage/sqlite.ts';
import { sessionOf } from './rows.ts';

/** First and last instant, both counted, in ms since the start of a session. */
export type Span = readonly [number, number];

/** A session with the times of which the audience may know its lines, and the same by bounds of its lines. */
export type KnownSession = {
  readonly key: number;
  readonly session: TranscriptSession;
  /** Never empty. */
  readonly spans: readonly Span[];
  /** Whether the spans hold every line. */
  readonly isWhole: boolean;
  readonly lastNumber: number;
};

/** Of a server, one session of it, or what was begun between two instants of the wall clock. */
type SessionFilter = {
  readonly guildId: string;
  readonly sessionId?: string;
  readonly fromWallMs?: number;
  readonly toWallMs?: number;
};

const always: readonly Span[] = [[Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]];

/** Sessions of which every viewer may know something, newest first: the rule of `visibility.ts` as times. */
export function knownSessions(
  sqlite: DatabaseSync,
  audience: Audience,
  filter: SessionFilter,
): readonly KnownSession[] {
  const sql = `SELECT * FROM sessions WHERE guild_id = ? ${filter.sessionId === undefined ? '' : 'AND id = ?'} ORDER BY key DESC`;
  const rows = sqlite
    .prepare(sql)
    .all(filter.guildId, ...(filter.sessionId === undefined ? [] : [filter.sessionId]));
  const times = audience.map((viewer) => ({ viewer, times: timesOf(sqlite, viewer) }));
  return rows.flatMap((row) => {
    if (row.first_ms === null) return []; // it has no line
    const key = Number(row.key);
    const session = sessionOf(row);
    const bounds: Span = [Number(row.first_ms), Number(row.last_ms)];
    const wanted = times.reduce(
      (left, { viewer, times: own }) => both(left, spansOf(viewer, session, own.get(key))),
      both(within(filter, session), [bounds]),
    );
    if (wanted.length === 0) return [];
    const isWhole = wanted.some(([from, to]) => from <= bounds[0] && to >= bounds[1]);
    return [{ key, session, spans: wanted, isWhole, lastNumber: Number(row.last_number) }];
  });
}

/** Whether a line begun then is known. */
export function isWithin(spans: readonly Span[], startMs: number): boolean {
  return spans.some(([from, to]) => from <= startMs && startMs <= to);
}

/** Stored times of somebody, by key of the session. */
function timesOf(sqlite: DatabaseSync, { personId }: Viewer): ReadonlyMap<number, readonly Span[]> {
  const times = new Map<number, Span[]>();
  const statement = sqlite.prepare(
    'SELECT session, from_ms, to_ms FROM presences WHERE person_id = ?',
  );
  for (const { session, from_ms, to_ms } of statement.all(personId)) {
    const span: Span = [Number(from_ms), to_ms === null ? Number.POSITIVE_INFINITY : Number(to_ms)];
    const spans = times.get(Number(session));
    if (spans) spans.push(span);
    else times.set(Number(session), [span]);
  }
  return times;
}

function spansOf(
  { personId, openPlaceIds, unstored = [] }: Viewer,
  { id, placeId, catchUp }: TranscriptSession,
  stored: readonly Span[] = [],
): readonly Span[] {
  if (catchUp && openPlaceIds.includes(placeId)) return always;
  const more = unstored.filter((one) => one.personId === personId && one.sessionId === id);
  const all = more.map(({ fromMs, toMs = Number.POSITIVE_INFINITY }): Span => [fromMs, toMs]);
  return [...stored, ...all];
}

function within(
  { fromWallMs = Number.NEGATIVE_INFINITY, toWallMs = Number.POSITIVE_INFINITY }: SessionFilter,
  { startedAtWallMs }: TranscriptSession,
): readonly Span[] {
  return [[fromWallMs - startedAtWallMs, toWallMs - startedAtWallMs]];
}

/** Times that are in one of the first and in one of the second. */
function both(first: readonly Span[], second: readonly Span[]): readonly Span[] {
  return first.flatMap(([from, to]) =>
    second
      .map(([start, end]): Span => [Math.max(from, start), Math.min(to, end)])
      .filter(([start, end]) => start <= end),
  );
}
