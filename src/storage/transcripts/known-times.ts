import type { TranscriptSession } from '#src/captions/transcript-line.ts';
import type { Audience, Viewer } from '#src/captions/transcript-store.ts';
import type { DatabaseSync, Statement } from '#src/storage/sqlite.ts';
import { sessionOf } from './rows.ts';

/** First and last instant, both counted, in ms since the start of a session. */
export type Span = readonly [number, number];

/** A session with the times of which the audience may know its lines. */
export type KnownSession = {
  readonly key: number;
  readonly session: TranscriptSession;
  /** Never empty. */
  readonly spans: readonly Span[];
  /** Whether the spans hold every line. */
  readonly isWhole: boolean;
};

/** Filter for sessions of a server: one of them, or those begun between two instants of the wall clock. */
type SessionFilter = {
  readonly guildId: string;
  readonly sessionId?: string;
  readonly fromWallMs?: number;
  readonly toWallMs?: number;
};

const always: readonly Span[] = [[Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]];

/**
 * Sessions of which every viewer may know something: the rule of `visibility.ts` as times. Each is looked up when it is
 * asked for, since a search needs a few of thousands.
 */
export class KnownSessions {
  readonly #sqlite: DatabaseSync;
  readonly #audience: Audience;
  readonly #filter: SessionFilter;
  readonly #sessions: Statement;
  readonly #presences: Statement;
  readonly #found = new Map<number, KnownSession | undefined>();
  #keys: ReadonlySet<number> | undefined;

  constructor(sqlite: DatabaseSync, audience: Audience, filter: SessionFilter) {
    this.#sqlite = sqlite;
    this.#audience = audience;
    this.#filter = filter;
    this.#sessions = sqlite.prepare('SELECT * FROM sessions WHERE key = ?');
    this.#presences = sqlite.prepare(
      'SELECT from_ms, to_ms FROM presences WHERE person_id = ? AND session = ?',
    );
  }

  /** Keys of the sessions that the audience may know something of, newest first. */
  get keys(): ReadonlySet<number> {
    this.#keys ??= new Set(possibleKeys(this.#sqlite, this.#audience, this.#filter));
    return this.#keys;
  }

  /** Undefined: nothing of it is known, or it is none of those looked for. */
  of(key: number): KnownSession | undefined {
    if (!this.keys.has(key)) return undefined;
    if (!this.#found.has(key)) this.#found.set(key, this.#lookUp(key));
    return this.#found.get(key);
  }

  #lookUp(key: number): KnownSession | undefined {
    const row = this.#sessions.get(key);
    if (!row) return undefined;
    const session = sessionOf(row);
    const bounds: Span = [Number(row.first_ms), Number(row.last_ms)];
    const spans = this.#audience.reduce(
      (left, viewer) => both(left, this.#spansOf(viewer, key, session)),
      both(within(this.#filter, session), [bounds]),
    );
    if (spans.length === 0) return undefined;
    const isWhole = spans.some(([from, to]) => from <= bounds[0] && to >= bounds[1]);
    return { key, session, spans, isWhole };
  }

  #spansOf(
    { personId, openPlaceIds, unstored = [] }: Viewer,
    key: number,
    { id, placeId, catchUp }: TranscriptSession,
  ): readonly Span[] {
    if (catchUp && openPlaceIds.includes(placeId)) return always;
    const stored = this.#presences
      .all(personId, key)
      .map(({ from_ms, to_ms }): Span => [Number(from_ms), to_ms === null ? end : Number(to_ms)]);
    const more = unstored.filter((one) => one.personId === personId && one.sessionId === id);
    return [...stored, ...more.map(({ fromMs, toMs = end }): Span => [fromMs, toMs])];
  }
}

const end = Number.POSITIVE_INFINITY;

/** Where every viewer may open the place or sat at any time, with lines near the wanted instants: the times decide. */
function possibleKeys(
  sqlite: DatabaseSync,
  audience: Audience,
  { guildId, sessionId, fromWallMs = -end, toWallMs = end }: SessionFilter,
): readonly number[] {
  const sql = `SELECT key FROM sessions WHERE guild_id = ? AND first_ms IS NOT NULL
    AND started_at_ms + last_ms >= ? AND started_at_ms + first_ms <= ?
    ${sessionId === undefined ? '' : 'AND id = ?'} ${audience.map(() => viewerSql).join(' ')}
    ORDER BY key DESC`;
  const viewers = audience.flatMap(({ personId, openPlaceIds, unstored = [] }) => [
    JSON.stringify(openPlaceIds),
    personId,
    JSON.stringify(unstored.map((presence) => presence.sessionId)),
  ]);
  return sqlite
    .prepare(sql)
    .all(
      guildId,
      fromWallMs - roundingMs,
      toWallMs + roundingMs,
      ...(sessionId === undefined ? [] : [sessionId]),
      ...viewers,
    )
    .map(({ key }) => Number(key));
}

const viewerSql = `AND (
  (catch_up = 1 AND place_id IN (SELECT value FROM json_each(?)))
  OR key IN (SELECT session FROM presences WHERE person_id = ?)
  OR id IN (SELECT value FROM json_each(?)))`;
/** Sums of wall clock and session time are exact to far less. */
const roundingMs = 1;

/** Whether a line begun then is known. */
export function isWithin(spans: readonly Span[], startMs: number): boolean {
  return spans.some(([from, to]) => from <= startMs && startMs <= to);
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
