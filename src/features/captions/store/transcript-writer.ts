import sql from 'sql-template-tag';
import type { Clock } from '#src/base/clock.ts';
import { within } from '#src/base/waiting.ts';
import type { TranscriptLine, TranscriptSession } from '#src/features/captions/transcript-line.ts';
import { flag, id, instant, key, optional } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { replacing } from '#src/sql/table.ts';
import { isSilent, orphaned } from '#src/sql/trouble.ts';
import { type OpenSession, putLines } from './line-upserts.ts';
import {
  endAbandoned,
  leaveSessions,
  noteAlive,
  ownershipIn,
  type RowOwnership,
} from './row-ownership-by-process.ts';
import type { ServerWriteLanes } from './server-write-lanes.ts';
import { sessionColumns, sessions } from './session-tables.ts';
import type { WordIndex } from './word-index-port.ts';

/** Lines of one session that wait to be written together. */
type WaitingLines = {
  readonly lines: Map<number, TranscriptLine>;
  writing: Promise<void> | undefined;
};

/** Longest time, in ms, that a caller waits for a shared database; what it wrote is still written once that is back. */
const waitMs = 5_000;
/** Lines of one session that wait while the database is away; the oldest are given up first. */
const mostWaiting = 5_000;

/**
 * Writes what was said: lines with their words. What cannot be written waits while the database is away, and is
 * written once. Errors: BotError `store.unwritable`.
 */
export class TranscriptWriter {
  readonly #database: StoreDatabase;
  readonly #clock: Clock;
  readonly #lanes: ServerWriteLanes;
  readonly #index: WordIndex;
  readonly #ownership: RowOwnership;
  /** Sessions that this process began or took over, and has not ended. */
  readonly #own = new Set<string>();
  readonly #waiting = new Map<string, WaitingLines>();

  constructor(database: StoreDatabase, clock: Clock, lanes: ServerWriteLanes, index: WordIndex) {
    this.#database = database;
    this.#clock = clock;
    this.#lanes = lanes;
    this.#index = index;
    this.#ownership = ownershipIn(database);
  }

  /** Adds a session, or changes the one of that id. */
  async putSession(session: TranscriptSession): Promise<void> {
    this.#lanes.note(session);
    const writing = this.#database.write([session.guildId], async (connection) => {
      if (this.#database.isShared) await noteAlive(connection);
      await putSession(connection, this.#ownership, session, !this.#own.has(session.id));
    });
    const noted = writing.then(() => {
      if (session.endedAtWallMs === undefined) this.#own.add(session.id);
      else this.#own.delete(session.id);
    });
    await this.#inTime(noted);
  }

  /** Adds lines, or replaces those of the same session and number. */
  async putLines(lines: readonly TranscriptLine[]): Promise<void> {
    await this.#put(lines);
  }

  /**
   * Ends sessions of a killed process at their last line.
   * The last messages of those, and all of sessions that are not in this store, are outdated: they may show words that are
   * not kept.
   */
  async endOpenSessions(): Promise<void> {
    await this.#database.writeNow((connection) => endAbandoned(connection, this.#ownership));
  }

  /** Lines of several sessions are written all or none. */
  async #put(lines: readonly TranscriptLine[]): Promise<void> {
    const bySession = Map.groupBy(lines, ({ sessionId }) => sessionId);
    if (bySession.size === 1) {
      for (const [sessionId, some] of bySession) await this.#join(sessionId, some);
      return;
    }
    const waiting = Array.from(bySession, ([sessionId, some]) => {
      const byNumber = new Map(some.map((line) => [line.number, line]));
      return [sessionId, { lines: byNumber, writing: undefined }] as const;
    });
    await this.#inTime(this.#write(waiting));
  }

  /** With what waits already of that session. */
  async #join(sessionId: string, lines: readonly TranscriptLine[]): Promise<void> {
    const waiting: WaitingLines = this.#waiting.get(sessionId) ?? {
      lines: new Map(),
      writing: undefined,
    };
    this.#waiting.set(sessionId, waiting);
    for (const line of lines) {
      waiting.lines.set(line.number, line);
      if (this.#database.isAway) trim(waiting.lines);
    }
    const taken = () => {
      if (this.#waiting.get(sessionId) === waiting) this.#waiting.delete(sessionId);
    };
    waiting.writing ??= this.#write([[sessionId, waiting]], taken).finally(taken);
    await this.#inTime(waiting.writing);
  }

  #write(
    all: readonly (readonly [sessionId: string, WaitingLines])[],
    begun: () => void = () => undefined,
  ): Promise<void> {
    const ids = all.map(([sessionId]) => sessionId);
    return this.#database.write(this.#lanes.of(ids), async (connection) => {
      begun();
      const open = await this.#sessions(connection, ids);
      for (const [sessionId, { lines }] of all) {
        const session = open.get(sessionId);
        const { place } = this.#database;
        if (!session) throw orphaned(place, 'lines');
        await putLines(connection, this.#index, session, lines.values());
      }
    });
  }

  async #sessions(
    connection: Connection,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, OpenSession>> {
    const rows = await connection.rows(
      { id, key, guildKey: key, isOwn: flag },
      sql`SELECT id, key, ${this.#ownership.isOwn('sessions')} AS is_own,
          (SELECT guilds.key FROM guilds WHERE guilds.guild_id = sessions.guild_id) AS guild_key
        FROM sessions
        WHERE id ${connection.among(ids)} AND guild_id IN (SELECT guild_id FROM guilds)
        ORDER BY key ${connection.forUpdate}`,
    );
    return new Map(rows.map(({ id, ...session }) => [id, session]));
  }

  /** A file is there, and a write to it stands behind others, say behind an erasure, as long as that takes. */
  #inTime(writing: Promise<void>): Promise<void> {
    if (!this.#database.isShared) return writing;
    const late = () => isSilent('store.unwritable', this.#database.place, waitMs);
    return within(writing, waitMs, this.#clock, late);
  }
}

/** Columns of a session that its writer puts; what bounds its lines stays. */
const sessionRows = { ...sessions, columns: { ...sessionColumns, writtenBy: optional(id) } };

/** A session that another process has taken over since is left to it. */
async function putSession(
  connection: Connection,
  { isOwn }: RowOwnership,
  session: TranscriptSession,
  takesOver: boolean,
): Promise<void> {
  const { id, guildId } = session;
  const guild = sql`INSERT INTO guilds (guild_id) VALUES (${guildId}) ON CONFLICT DO NOTHING`;
  await connection.run(guild);
  const [there] = await connection.rows(
    { key, endedAtWallMs: optional(instant), isOwn: flag },
    sql`SELECT key, ended_at_wall_ms, ${isOwn('sessions')} AS is_own
      FROM sessions WHERE id = ${id} ${connection.forUpdate}`,
  );
  if (there && !there.isOwn) {
    if (!takesOver) return;
    if (there.endedAtWallMs === undefined) await leaveSessions(connection, [there.key]);
  }
  const rows = [{ ...session, writtenBy: connection.writer }];
  const conflict = replacing({ ...sessionRows, key: ['id'] });
  await connection.insert(sessionRows, rows, { conflict });
}

function trim(waiting: Map<unknown, unknown>): void {
  const [oldest] = waiting.keys();
  if (waiting.size > mostWaiting) waiting.delete(oldest);
}
