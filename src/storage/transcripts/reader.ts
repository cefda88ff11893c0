import type { TranscriptLine } from '#src/captions/transcript-line.ts';
import type {
  Audience,
  FoundLine,
  LineRange,
  ListedSession,
  ResumableSession,
  TranscriptReader,
  TranscriptSearch,
} from '#src/captions/transcript-store.ts';
import type { Database } from '#src/storage/database.ts';
import type { DatabaseSync } from '#src/storage/sqlite.ts';
import { isWithin, type KnownSession, KnownSessions } from './known-times.ts';
import {
  idsOf,
  lineColumns,
  lineOf,
  presenceOf,
  type Row,
  resumableOf,
  resumedMs,
  sessionOf,
} from './rows.ts';
import { searchLines } from './search.ts';

/** Transcripts in SQLite, as far as an audience may know them. */
export class SqliteReader implements TranscriptReader {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  sessions(guildId: string, audience: Audience, limit: number): Promise<readonly ListedSession[]> {
    return this.#database.readSync((sqlite) => {
      const listed: ListedSession[] = [];
      const sessions = new KnownSessions(sqlite, audience, { guildId });
      for (const key of sessions.keys) {
        if (listed.length >= limit) break;
        const known = sessions.of(key);
        const lineCount = known ? startsIn(sqlite, known) : 0;
        if (known && lineCount > 0) listed.push({ ...known.session, lineCount });
      }
      return listed;
    });
  }

  lines(
    sessionId: string,
    audience: Audience,
    { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY }: LineRange = {},
  ): Promise<readonly TranscriptLine[]> {
    return this.#database.readSync((sqlite) => {
      const row = sqlite.prepare('SELECT * FROM sessions WHERE id = ?').get(sessionId);
      if (!row) return [];
      const { guildId } = sessionOf(row);
      const known = new KnownSessions(sqlite, audience, { guildId, sessionId }).of(Number(row.key));
      if (!known) return [];
      const sql = `SELECT ${lineColumns} FROM lines WHERE id BETWEEN ? AND ? ORDER BY start_ms, id`;
      const lines = sqlite.prepare(sql).all(...idsOf(known.key));
      return lines
        .filter(({ start_ms }) => isWithin(known.spans, Number(start_ms)))
        .filter(({ start_ms }) => isWithin([[fromMs, toMs]], Number(start_ms)))
        .map((line) => lineOf(line, sessionId));
    });
  }

  search(search: TranscriptSearch, audience: Audience): Promise<readonly FoundLine[]> {
    return this.#database.readSync((sqlite) => searchLines(sqlite, search, audience));
  }

  latest(guildId: string, channelId: string): Promise<ResumableSession | undefined> {
    const sql =
      'SELECT * FROM sessions WHERE guild_id = ? AND channel_id = ? ORDER BY key DESC LIMIT 1';
    return this.#database.readSync((sqlite) => {
      const row = sqlite.prepare(sql).get(guildId, channelId);
      return row && resumable(sqlite, row);
    });
  }

  guilds(): Promise<readonly string[]> {
    return this.#database.readSync((sqlite) =>
      sqlite
        .prepare('SELECT guild_id FROM guilds ORDER BY key')
        .all()
        .map(({ guild_id }) => String(guild_id)),
    );
  }

  places(guildId: string): Promise<readonly string[]> {
    const sql = 'SELECT DISTINCT place_id FROM sessions WHERE guild_id = ? ORDER BY place_id';
    return this.#database.readSync((sqlite) =>
      sqlite
        .prepare(sql)
        .all(guildId)
        .map(({ place_id }) => String(place_id)),
    );
  }
}

function resumable(sqlite: DatabaseSync, row: Row): ResumableSession {
  const session = sessionOf(row);
  const key = Number(row.key);
  const presences = sqlite
    .prepare('SELECT * FROM presences WHERE session = ? ORDER BY from_ms')
    .all(key)
    .map((one) => presenceOf(one, session.id));
  const lines = sqlite
    .prepare(
      `SELECT ${lineColumns} FROM lines WHERE id BETWEEN ? AND ? AND end_ms >= ? ORDER BY start_ms, id`,
    )
    .all(...idsOf(key), Number(row.last_ms ?? 0) - resumedMs)
    .map((line) => lineOf(line, session.id));
  return resumableOf(row, lines, presences);
}

function startsIn(sqlite: DatabaseSync, { key, spans }: KnownSession): number {
  const rows = sqlite.prepare('SELECT start_ms FROM lines WHERE id BETWEEN ? AND ?');
  return rows.all(...idsOf(key)).filter(({ start_ms }) => isWithin(spans, Number(start_ms))).length;
}
