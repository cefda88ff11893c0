import type { Clock } from '#src/base/clock.ts';
import { within } from '#src/base/waiting.ts';
import type { Presence, TranscriptLine, TranscriptSession } from '#src/captions/transcript-line.ts';
import type { TranscriptWriter } from '#src/captions/transcript-store.ts';
import type { OrderedDatabase } from '#src/storage/postgres/ordered-database.ts';
import { isSilent } from '#src/storage/postgres/postgres-trouble.ts';
import type { SqlConnection } from '#src/storage/postgres/sql-connection.ts';
import { insertRows } from '#src/storage/postgres/stores/writing.ts';
import { orphaned } from '#src/storage/trouble.ts';
import { endAbandoned, leaveSessions, noteAlive } from './abandoned-sessions.ts';
import { type OpenSession, putLines } from './line-puts.ts';
import type { SessionLanes } from './session-lanes.ts';

/** Rows of one session that wait to be written together. */
type WaitingRows = {
  readonly lines: Map<number, TranscriptLine>;
  readonly presences: Map<string, Presence>;
  writing: Promise<void> | undefined;
};

/** Longest time, in ms, that a caller waits for a write; it is still done once the database is back. */
const waitMs = 5_000;
/** Lines, and presences, of one session that wait; the oldest are given up first. */
const mostWaiting = 5_000;

/** Lines with their words, and presences, in PostgreSQL. What cannot be written waits, and is written once. */
export class PostgresWriter implements TranscriptWriter {
  readonly #database: OrderedDatabase;
  readonly #clock: Clock;
  readonly #lanes: SessionLanes;
  /** Sessions that this process began or took over, and has not ended. */
  readonly #own = new Set<string>();
  readonly #waiting = new Map<string, WaitingRows>();

  constructor(database: OrderedDatabase, clock: Clock, lanes: SessionLanes) {
    this.#database = database;
    this.#clock = clock;
    this.#lanes = lanes;
  }

  async putSession(session: TranscriptSession): Promise<void> {
    this.#lanes.note(session);
    const { writer } = this.#database;
    const writing = this.#database.write([session.guildId], async (connection) => {
      await noteAlive(connection, writer);
      await putSession(connection, session, writer, !this.#own.has(session.id));
    });
    const noted = writing.then(() => {
      if (session.endedAtWallMs === undefined) this.#own.add(session.id);
      else this.#own.delete(session.id);
    });
    await this.#inTime(noted);
  }

  async putLines(lines: readonly TranscriptLine[]): Promise<void> {
    await this.#put(lines, ({ lines: waiting }, line) => waiting.set(line.number, line));
  }

  async putPresences(presences: readonly Presence[]): Promise<void> {
    await this.#put(presences, ({ presences: waiting }, presence) =>
      waiting.set(`${presence.personId} ${presence.fromMs}`, presence),
    );
  }

  async endOpenSessions(): Promise<void> {
    await this.#database.pool.write(endAbandoned);
  }

  /** Rows of several sessions are written all or none. */
  async #put<Row extends TranscriptLine | Presence>(
    rows: readonly Row[],
    add: (waiting: WaitingRows, row: Row) => Map<unknown, unknown>,
  ): Promise<void> {
    const bySession = Map.groupBy(rows, ({ sessionId }) => sessionId);
    if (bySession.size === 1) {
      for (const [sessionId, some] of bySession) await this.#join(sessionId, some, add);
      return;
    }
    const waiting = Array.from(bySession, ([sessionId, some]) => {
      const one = nothingWaits();
      for (const row of some) add(one, row);
      return [sessionId, one] as const;
    });
    await this.#inTime(this.#write(waiting));
  }

  /** With what waits already of that session. */
  async #join<Row>(
    sessionId: string,
    rows: readonly Row[],
    add: (waiting: WaitingRows, row: Row) => Map<unknown, unknown>,
  ): Promise<void> {
    const waiting = this.#waiting.get(sessionId) ?? nothingWaits();
    this.#waiting.set(sessionId, waiting);
    for (const row of rows) trim(add(waiting, row));
    const taken = () => {
      if (this.#waiting.get(sessionId) === waiting) this.#waiting.delete(sessionId);
    };
    waiting.writing ??= this.#write([[sessionId, waiting]], taken).finally(taken);
    await this.#inTime(waiting.writing);
  }

  #write(
    all: readonly (readonly [sessionId: string, WaitingRows])[],
    begun: () => void = () => undefined,
  ): Promise<void> {
    const ids = all.map(([sessionId]) => sessionId);
    return this.#database.write(this.#lanes.of(ids), async (connection) => {
      begun();
      const sessions = await this.#sessions(connection, ids);
      for (const [sessionId, { lines, presences }] of all) {
        const session = sessions.get(sessionId);
        const { place } = this.#database.pool;
        if (!session) throw orphaned(place, lines.size > 0 ? 'lines' : 'presences');
        await putLines(connection, session, lines.values());
        await putPresences(connection, session, [...presences.values()]);
      }
    });
  }

  async #sessions(
    connection: SqlConnection,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, OpenSession>> {
    const rows = await connection.rows(sessionKeysSql, [ids, this.#database.writer]);
    return new Map(
      rows.map(({ id, key, guild, is_own }) => [
        String(id),
        { key: Number(key), guildKey: Number(guild), isOwn: is_own === true },
      ]),
    );
  }

  #inTime(writing: Promise<void>): Promise<void> {
    const late = () => isSilent('store.unwritable', this.#database.pool.place, waitMs);
    return within(writing, waitMs, this.#clock, late);
  }
}

const sessionKeysSql = `
  SELECT s.id, s.key, g.key AS guild, s.written_by = $2::uuid AS is_own
  FROM sessions s JOIN guilds g USING (guild_id) WHERE s.id = ANY ($1) ORDER BY s.key FOR UPDATE OF s`;

const putSessionSql = `
  INSERT INTO sessions
    (id, guild_id, channel_id, channel_name, place_id, started_at_ms, ended_at_ms, catch_up, written_by)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
  ON CONFLICT (id) DO UPDATE SET
    guild_id = excluded.guild_id, channel_id = excluded.channel_id,
    channel_name = excluded.channel_name, place_id = excluded.place_id,
    started_at_ms = excluded.started_at_ms, ended_at_ms = excluded.ended_at_ms,
    catch_up = excluded.catch_up, written_by = excluded.written_by`;

/** A session that another process has taken over since is left to it. */
async function putSession(
  connection: SqlConnection,
  session: TranscriptSession,
  writer: string,
  takesOver: boolean,
): Promise<void> {
  const { id, guildId, channelId, channelName, placeId, startedAtWallMs } = session;
  const guildSql = 'INSERT INTO guilds (guild_id) VALUES ($1) ON CONFLICT DO NOTHING';
  await connection.run(guildSql, [guildId]);
  const [there] = await connection.rows(
    'SELECT key, ended_at_ms, written_by FROM sessions WHERE id = $1 FOR UPDATE',
    [id],
  );
  if (there && there.written_by !== writer) {
    if (!takesOver) return;
    if (there.ended_at_ms === null) await leaveSessions(connection, [there.key]);
  }
  const values = [id, guildId, channelId, channelName, placeId, startedAtWallMs];
  const rest = [session.endedAtWallMs ?? null, Number(session.catchUp), writer];
  await connection.run(putSessionSql, [...values, ...rest]);
}

async function putPresences(
  connection: SqlConnection,
  { isOwn, key }: OpenSession,
  presences: readonly Presence[],
): Promise<void> {
  const columns = [
    'session bigint',
    'person_id text',
    'from_ms double precision',
    'to_ms double precision',
  ];
  const rows = presences.map(({ personId, fromMs, toMs }) => [key, personId, fromMs, toMs ?? null]);
  const change = isOwn
    ? 'UPDATE SET to_ms = excluded.to_ms'
    : 'UPDATE SET to_ms = coalesce(excluded.to_ms, presences.to_ms)';
  const onConflict = `ON CONFLICT (person_id, session, from_ms) DO ${change}`;
  await insertRows(connection, 'presences', columns, rows, onConflict);
}

function nothingWaits(): WaitingRows {
  return { lines: new Map(), presences: new Map(), writing: undefined };
}

function trim(waiting: Map<unknown, unknown>): void {
  const [oldest] = waiting.keys();
  if (waiting.size > mostWaiting) waiting.delete(oldest);
}
