import type { MessagePlace } from '#src/captions/transcript-line.ts';
import type { ErasedLines, KeptDays, TranscriptEraser } from '#src/captions/transcript-store.ts';
import type { OrderedDatabase } from '#src/storage/postgres/ordered-database.ts';
import type { SqlConnection } from '#src/storage/postgres/sql-connection.ts';
import { eraseMs } from '#src/storage/postgres/stores/writing.ts';
import { endAbandoned, followClock } from './abandoned-sessions.ts';
import { linesOfPersonSql } from './person-records.ts';
import type { SessionLanes } from './session-lanes.ts';

/** SQL that chooses lines, as a column `id`, with its values. */
type ChosenLines = readonly [sql: string, ...values: unknown[]];

const dayMs = 86_400_000;
/** Time, in ms, for which a session that a server does not keep can be resumed once it is over. */
const unkeptMs = 15 * 60_000;
/** Lines that are deleted by one transaction: a server of years takes several. */
const linesAtOnce = 20_000;

/**
 * Deletes rows and notes messages that showed them, in portions of lines that are each done wholly or not at all. When the bytes leave the disk of the database, its
 * owner decides.
 */
export class PostgresEraser implements TranscriptEraser {
  readonly #database: OrderedDatabase;
  readonly #lanes: SessionLanes;

  constructor(database: OrderedDatabase, lanes: SessionLanes) {
    this.#database = database;
    this.#lanes = lanes;
  }

  /** Also ends sessions whose process is gone. One process at a time does it; others find nothing to do. */
  async expire(nowWallMs: number, keptDays: KeptDays): Promise<ErasedLines> {
    const kept = keptValues(nowWallMs, keptDays);
    const portion = async (connection: SqlConnection): Promise<ErasedPortion> => {
      await followClock(connection, nowWallMs, this.#database.writer);
      const [row] = await connection.rows(tryLockSql);
      if (row?.is_mine !== true) return { ...nothing, isLast: true };
      await endAbandoned(connection);
      const old = await eraseLines(connection, [dueSql, ...kept]);
      const brief = await eraseLines(connection, [briefSql, nowWallMs - dayMs]);
      const isLast = old.isLast && brief.isLast;
      if (isLast) await eraseEmptySessions(connection, kept);
      return { ...both(old, brief), isLast };
    };
    let erased = nothing;
    for (let isLast = false; !isLast; ) {
      const done = await this.#database.pool.write(portion, eraseMs);
      erased = both(erased, done);
      isLast = done.isLast;
    }
    return erased;
  }

  forget(guildId: string, personId: string, sessionId?: string): Promise<ErasedLines> {
    const values = [guildId, personId, sessionId ?? null];
    const isThere = 's.guild_id = $1 AND ($3::text IS NULL OR s.id = $3)';
    const lines: ChosenLines = [`${linesOfPersonSql} AND ${isThere}`, ...values];
    return this.#erase([guildId], lines, async (connection) => {
      await connection.run(
        `DELETE FROM presences WHERE person_id = $2
         AND session IN (SELECT s.key FROM sessions s WHERE ${isThere})`,
        values,
      );
      if (sessionId === undefined) await forgetMemories(connection, guildId, personId);
    });
  }

  forgetLines(sessionId: string, numbers: readonly number[]): Promise<ErasedLines> {
    const sql = `SELECT l.id FROM lines l JOIN sessions s ON s.key = l.session
      WHERE s.id = $1 AND l.id - s.key * 4194304 = ANY ($2::bigint[])`;
    return this.#erase(this.#lanes.of([sessionId]), [sql, sessionId, numbers]);
  }

  /** None of these messages shows anything any more; others may still show the rest of a long line. */
  async forgetMessages(messageIds: readonly string[]): Promise<ErasedLines> {
    const lines = 'SELECT DISTINCT line AS id FROM posts WHERE message_id = ANY ($1)';
    const sql = 'DELETE FROM caption_messages WHERE message_id = ANY ($1)';
    const { count, messages } = await this.#erase([], [lines, messageIds], async (connection) => {
      await connection.run(sql, [messageIds]);
    });
    const others = messages.filter(({ messageId }) => !messageIds.includes(messageId));
    return { count, messages: others };
  }

  /** The bot was removed from there: it can change no messages, so none is noted. */
  forgetGuild(guildId: string): Promise<ErasedLines> {
    const lines =
      'SELECT id FROM lines WHERE session IN (SELECT key FROM sessions s WHERE s.guild_id = $1)';
    return this.#erase([guildId], [lines, guildId], async (connection) => {
      const presences =
        'DELETE FROM presences WHERE session IN (SELECT key FROM sessions WHERE guild_id = $1)';
      await connection.run(presences, [guildId]);
      for (const table of ['sessions', 'caption_messages', 'memories', 'memory_numbers', 'guilds'])
        await connection.run(`DELETE FROM ${table} WHERE guild_id = $1`, [guildId]);
    });
  }

  /**
   * After what was asked for before in these lanes, so that nothing brings back what is erased; `finish` with the last
   * portion.
   */
  async #erase(
    lanes: readonly string[],
    lines: ChosenLines,
    finish?: (connection: SqlConnection) => Promise<void>,
  ): Promise<ErasedLines> {
    let erased = nothing;
    const portion = async (connection: SqlConnection) => {
      const done = await eraseLines(connection, lines);
      if (done.isLast) await finish?.(connection);
      return done;
    };
    const isMore = (done: ErasedPortion) => {
      erased = both(erased, done);
      return !done.isLast;
    };
    await this.#database.writeInPortions(lanes, portion, isMore, eraseMs);
    return erased;
  }
}

const nothing: ErasedLines = { count: 0, messages: [] };

/** Lines that one transaction erased, and whether it was the last one. */
type ErasedPortion = ErasedLines & { readonly isLast: boolean };

const tryLockSql = `
  SELECT pg_try_advisory_xact_lock(
    hashtextextended('parley:' || current_schema() || ':expire', 0)) AS is_mine`;

/** Deletes the first of the lines that are chosen, and notes the messages that showed them. */
async function eraseLines(
  connection: SqlConnection,
  [chosen, ...values]: ChosenLines,
): Promise<ErasedPortion> {
  const rows = await connection.rows(`${chosen} LIMIT ${linesAtOnce}`, values);
  const ids = rows.map(({ id }) => id);
  const isLast = ids.length < linesAtOnce;
  if (ids.length === 0) return { ...nothing, isLast };
  const shown = await connection.rows(shownSql, [ids]);
  const messages = shown.map(({ channel_id, message_id }): MessagePlace => {
    return { channelId: String(channel_id), messageId: String(message_id) };
  });
  for (const sql of [noteSql, noteOthersSql]) await connection.run(sql, [ids]);
  for (const table of ['answered', 'more_posts'])
    await connection.run(`DELETE FROM ${table} WHERE line = ANY ($1)`, [ids]);
  const count = await connection.run('DELETE FROM lines WHERE id = ANY ($1)', [ids]);
  return { count, messages, isLast };
}

const shownSql = `
  SELECT DISTINCT channel_id, message_id FROM posts WHERE line = ANY ($1::bigint[])`;

/** Also of messages that were not put yet. In one order, or two processes would wait for each other. */
const noteSql = `
  INSERT INTO caption_messages AS old
    (message_id, channel_id, guild_id, session_id, posted_at_ms, outdated)
  SELECT p.message_id, min(p.channel_id), min(s.guild_id), min(s.id),
    min(s.started_at_ms + l.start_ms), 1
  FROM posts p JOIN lines l ON l.id = p.line JOIN sessions s ON s.key = l.session
  WHERE p.line = ANY ($1::bigint[]) GROUP BY p.message_id ORDER BY p.message_id
  ON CONFLICT (message_id) DO UPDATE SET outdated = old.outdated + 1`;

/** Messages of these sessions that no line names show translations: which of them is not known, so all of it goes. */
const noteOthersSql = `
  UPDATE caption_messages m SET outdated = 1
  WHERE session_id IN (
    SELECT s.id FROM sessions s WHERE s.key IN (SELECT id / 4194304 FROM unnest($1::bigint[]) AS id)
  ) AND outdated = 0 AND NOT EXISTS (SELECT FROM posts WHERE message_id = m.message_id)`;

/** The first four values of what depends on how long servers keep their lines. */
function keptValues(nowWallMs: number, { byGuild, standard }: KeptDays): readonly unknown[] {
  return [nowWallMs, standard, Object.keys(byGuild), Object.values(byGuild)];
}

/** Sessions with how long their server keeps lines, in ms. */
const keptSessions = `
  SELECT s.*, coalesce(k.days, $2::double precision) * ${dayMs} AS kept_ms
  FROM sessions s
  LEFT JOIN unnest($3::text[], $4::double precision[]) AS k(guild_id, days) USING (guild_id)`;

const dueSql = `
  SELECT l.id FROM (
    SELECT key, first_ms, CASE
      WHEN kept_ms > 0 THEN $1::double precision - started_at_ms - kept_ms
      WHEN $1 - coalesce(ended_at_ms, started_at_ms + last_ms) >= ${unkeptMs} THEN 'Infinity'
      ELSE '-Infinity' END AS due_ms
    FROM (${keptSessions}) AS kept
  ) AS s JOIN lines l ON l.session = s.key
  WHERE s.first_ms < s.due_ms AND l.start_ms < s.due_ms`;

const briefSql = `
  SELECT l.id FROM lines l JOIN sessions s ON s.key = l.session
  WHERE l.is_brief = 1 AND l.start_ms < $1::double precision - s.started_at_ms`;

/** Deletes sessions that ended, and old ones without people; messages that still show them are noted as outdated. */
async function eraseEmptySessions(
  connection: SqlConnection,
  kept: readonly unknown[],
): Promise<void> {
  const rows = await connection.rows(
    `SELECT key FROM sessions WHERE key IN (
       SELECT s.key FROM (${keptSessions}) AS s WHERE ${isEmpty}
         AND (s.ended_at_ms IS NOT NULL OR s.started_at_ms < $1 - greatest(${dayMs}, s.kept_ms))
     ) FOR UPDATE SKIP LOCKED`,
    kept,
  );
  if (rows.length === 0) return;
  // No process adds lines to locked sessions, but one may have done so before.
  const sql = `SELECT s.key FROM sessions s WHERE s.key = ANY ($1) AND ${isEmpty}`;
  const empty = await connection.rows(sql, [rows.map(({ key }) => key)]);
  const keys = [empty.map(({ key }) => key)];
  await connection.run(
    `UPDATE caption_messages SET outdated = outdated + 1
     WHERE session_id IN (SELECT id FROM sessions WHERE key = ANY ($1))`,
    keys,
  );
  await connection.run('DELETE FROM presences WHERE session = ANY ($1)', keys);
  await connection.run('DELETE FROM sessions WHERE key = ANY ($1)', keys);
}

const isEmpty = `
  NOT EXISTS (SELECT FROM lines l WHERE l.session = s.key) AND (
    s.ended_at_ms IS NOT NULL
    OR NOT EXISTS (SELECT FROM presences p WHERE p.session = s.key AND p.to_ms IS NULL))`;

async function forgetMemories(
  connection: SqlConnection,
  guildId: string,
  personId: string,
): Promise<void> {
  const sql = 'DELETE FROM memories WHERE guild_id = $1 AND (by_id = $2 OR about_id = $2)';
  await connection.run(sql, [guildId, personId]);
  await forgetNumbers(connection, guildId);
}

/** A server without memories counts from 1 again, and is known no more. */
export async function forgetNumbers(connection: SqlConnection, guildId: string): Promise<void> {
  const others = 'SELECT FROM memories WHERE guild_id = $1';
  const sql = `DELETE FROM memory_numbers WHERE guild_id = $1 AND NOT EXISTS (${others})`;
  await connection.run(sql, [guildId]);
}

function both(one: ErasedLines, other: ErasedLines): ErasedLines {
  const places = [...one.messages, ...other.messages].map(
    (place) => [place.messageId, place] as const,
  );
  return { count: one.count + other.count, messages: [...new Map(places).values()] };
}
