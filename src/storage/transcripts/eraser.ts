import type { MessagePlace } from '#src/captions/transcript-line.ts';
import type { ErasedLines, KeptDays, TranscriptEraser } from '#src/captions/transcript-store.ts';
import type { Database } from '#src/storage/database.ts';
import type { DatabaseSync } from '#src/storage/sqlite.ts';
import { isFull } from '#src/storage/trouble.ts';
import { forgetNumbers } from './memories.ts';
import { linesOfPersonSql } from './person-records.ts';
import { idsOf } from './rows.ts';
import { wordPutter } from './writer.ts';

const dayMs = 86_400_000;
/** Time, in ms, for which a session that a server does not keep can be resumed once it is over. */
const unkeptMs = 15 * 60_000;

/**
 * Erases in two steps: rows are deleted and messages noted at once, wholly or not at all; then the index of words is
 * merged, the file rewritten and the log emptied. A step cut short is done by the next erasure, of anything or nothing.
 */
export class SqliteEraser implements TranscriptEraser {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  expire(nowWallMs: number, keptDays: KeptDays): Promise<ErasedLines> {
    return this.#erase((sqlite) => {
      sqlite.prepare(followClockSql).run(nowWallMs);
      chooseExpired(sqlite, nowWallMs, keptDays);
      const erased = eraseChosen(sqlite);
      return { erased, others: eraseEmptySessions(sqlite, nowWallMs, keptDays) };
    });
  }

  forget(guildId: string, personId: string, sessionId?: string): Promise<ErasedLines> {
    return this.#erase((sqlite) => erasePerson(sqlite, guildId, personId, sessionId));
  }

  forgetLines(sessionId: string, numbers: readonly number[]): Promise<ErasedLines> {
    return this.#erase((sqlite) => {
      sqlite
        .prepare(
          `INSERT INTO temp.chosen SELECT id FROM lines WHERE id IN (
             SELECT sessions.key * 4194304 + value FROM sessions, json_each(?) WHERE sessions.id = ?)`,
        )
        .run(JSON.stringify(numbers), sessionId);
      return { erased: eraseChosen(sqlite), others: 0 };
    });
  }

  /** None of these messages shows anything any more; others may still show the rest of a long line. */
  forgetMessages(messageIds: readonly string[]): Promise<ErasedLines> {
    return this.#erase((sqlite) => {
      const among = 'IN (SELECT value FROM json_each(?))';
      const ids = JSON.stringify(messageIds);
      sqlite
        .prepare(
          `INSERT OR IGNORE INTO temp.chosen SELECT line FROM posts WHERE message_id ${among}`,
        )
        .run(ids);
      const { count, messages } = eraseChosen(sqlite);
      sqlite.prepare(`DELETE FROM caption_messages WHERE message_id ${among}`).run(ids);
      const others = messages.filter(({ messageId }) => !messageIds.includes(messageId));
      return { erased: { count, messages: others }, others: 0 };
    });
  }

  /** The bot was removed from there: it can change no messages, so none is noted. */
  forgetGuild(guildId: string): Promise<ErasedLines> {
    return this.#erase((sqlite) => {
      sqlite
        .prepare(
          `INSERT INTO temp.chosen SELECT lines.id FROM lines
           JOIN sessions ON sessions.key = lines.id / 4194304 WHERE guild_id = ?`,
        )
        .run(guildId);
      const erased = eraseChosen(sqlite);
      const others = [
        'DELETE FROM presences WHERE session IN (SELECT key FROM sessions WHERE guild_id = ?)',
        ...['sessions', 'caption_messages', 'memories', 'memory_numbers', 'guilds'].map(
          (table) => `DELETE FROM ${table} WHERE guild_id = ?`,
        ),
      ].map((sql) => Number(sqlite.prepare(sql).run(guildId).changes));
      return { erased, others: others.reduce((sum, one) => sum + one, 0) };
    });
  }

  async #erase(work: (sqlite: DatabaseSync) => Erasure): Promise<ErasedLines> {
    const { erased, isScrubbed } = await this.#change((sqlite) => {
      const done = withChosen(sqlite, work);
      if (done.erased.count + done.others > 0)
        sqlite.exec('INSERT OR IGNORE INTO unscrubbed VALUES (1)');
      const left = sqlite.prepare('SELECT count(*) AS n FROM unscrubbed').get();
      return { erased: done.erased, isScrubbed: left?.n === 0 };
    });
    if (isScrubbed) return erased;
    await this.#change(mergeWords);
    await this.#database.rewrite();
    await this.#database.writeSync((sqlite) => sqlite.exec('DELETE FROM unscrubbed'));
    return erased;
  }

  /** Deleting and merging words need room for a while; where there is none, the index is made anew. */
  async #change<T>(work: (sqlite: DatabaseSync) => T): Promise<T> {
    try {
      return await this.#database.writeSync(work);
    } catch (error) {
      if (!isFull(error)) throw error;
    }
    return this.#database.writeSync((sqlite) => withNewWords(sqlite, work));
  }
}

/** `others`: rows beside lines. */
type Erasure = { readonly erased: ErasedLines; readonly others: number };

/**
 * Deletes all about a person in a server from a file of the present format that no other program uses; the number of rows. Their bytes stay
 * until the file is written anew.
 */
export function erasePersonLines(sqlite: DatabaseSync, guildId: string, personId: string): number {
  const { erased, others } = withChosen(sqlite, () => erasePerson(sqlite, guildId, personId));
  mergeWords(sqlite);
  return erased.count + others;
}

/** `work` may put ids of lines into `temp.chosen`, which is empty before and after it. */
function withChosen(sqlite: DatabaseSync, work: (sqlite: DatabaseSync) => Erasure): Erasure {
  sqlite.exec('CREATE TEMP TABLE IF NOT EXISTS chosen (id INTEGER PRIMARY KEY)');
  sqlite.exec('DELETE FROM temp.chosen');
  const done = work(sqlite);
  sqlite.exec('DELETE FROM temp.chosen');
  return done;
}

/** Erases all about a person in a server, or only in one session. */
function erasePerson(
  sqlite: DatabaseSync,
  guildId: string,
  personId: string,
  sessionId?: string,
): Erasure {
  const [only, ids] = sessionId === undefined ? ['', []] : ['AND sessions.id = ?', [sessionId]];
  sqlite
    .prepare(`INSERT INTO temp.chosen ${linesOfPersonSql} ${only}`)
    .run(personId, personId, guildId, ...ids);
  const erased = eraseChosen(sqlite);
  const presences = sqlite
    .prepare(
      `DELETE FROM presences WHERE person_id = ? AND session IN (
         SELECT key FROM sessions WHERE guild_id = ? ${only})`,
    )
    .run(personId, guildId, ...ids).changes;
  if (sessionId !== undefined) return { erased, others: Number(presences) };
  const memories = sqlite
    .prepare('DELETE FROM memories WHERE guild_id = ? AND (by_id = ? OR about_id = ?)')
    .run(guildId, personId, personId).changes;
  forgetNumbers(sqlite);
  return { erased, others: Number(presences) + Number(memories) };
}

/** Deletes the chosen lines with their words, and notes the messages that showed them. */
function eraseChosen(sqlite: DatabaseSync): ErasedLines {
  const messages = sqlite.prepare(shownSql).all();
  sqlite.exec(noteSql);
  sqlite.exec(noteOthersSql);
  sqlite.exec(`
    DELETE FROM answered WHERE line IN (SELECT id FROM temp.chosen);
    DELETE FROM more_posts WHERE line IN (SELECT id FROM temp.chosen);
    DELETE FROM line_words WHERE rowid IN (SELECT id FROM temp.chosen)`);
  const sql = 'DELETE FROM lines WHERE id IN (SELECT id FROM temp.chosen)';
  const { changes } = sqlite.prepare(sql).run();
  const places = messages.map(
    ({ channel_id, message_id }): MessagePlace => ({
      channelId: String(channel_id),
      messageId: String(message_id),
    }),
  );
  return { count: Number(changes), messages: places };
}

const shownSql = `
  SELECT DISTINCT channel_id, message_id FROM temp.chosen JOIN posts ON posts.line = chosen.id`;

/** Also of messages that were not put yet. */
const noteSql = `
  INSERT INTO caption_messages (message_id, channel_id, guild_id, session_id, posted_at_ms, outdated)
  SELECT message_id, min(posts.channel_id), min(guild_id), min(sessions.id),
    min(started_at_ms + start_ms), 1
  FROM temp.chosen JOIN posts ON posts.line = chosen.id JOIN lines USING (id)
  JOIN sessions ON sessions.key = chosen.id / 4194304
  WHERE true GROUP BY message_id
  ON CONFLICT (message_id) DO UPDATE SET outdated = outdated + 1`;

/** Messages of these sessions that no line names show translations: which of them is not known, so all of it goes. */
const noteOthersSql = `
  UPDATE caption_messages SET outdated = outdated + 1
  WHERE session_id IN (
    SELECT sessions.id FROM temp.chosen JOIN sessions ON sessions.key = temp.chosen.id / 4194304
  ) AND outdated = 0
    AND NOT EXISTS (SELECT 1 FROM posts WHERE message_id = caption_messages.message_id)`;

/** Where the wall clock was put back, sessions that ended in times to come ended now, so that none is kept for longer. */
const followClockSql = `
  UPDATE sessions SET started_at_ms = started_at_ms - (ended_at_ms - ?1), ended_at_ms = ?1
  WHERE ended_at_ms > ?1`;

function chooseExpired(sqlite: DatabaseSync, nowWallMs: number, keptDays: KeptDays): void {
  const choose = sqlite.prepare(
    'INSERT INTO temp.chosen SELECT id FROM lines WHERE id BETWEEN ? AND ? AND start_ms < ?',
  );
  const chooseBrief = sqlite.prepare(
    `INSERT OR IGNORE INTO temp.chosen
     SELECT id FROM lines WHERE id BETWEEN ? AND ? AND is_brief = 1 AND start_ms < ?`,
  );
  const sql = 'SELECT * FROM sessions WHERE first_ms NOT NULL';
  for (const { key, guild_id, started_at_ms, ended_at_ms, first_ms, last_ms } of sqlite
    .prepare(sql)
    .all()) {
    const ageMs = nowWallMs - Number(started_at_ms);
    const kept = keptMs(keptDays, String(guild_id));
    const endedAtMs = Number(ended_at_ms ?? Number(started_at_ms) + Number(last_ms));
    const isOver = nowWallMs - endedAtMs >= unkeptMs;
    const dueMs =
      kept > 0 ? ageMs - kept : isOver ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    if (Number(first_ms) < dueMs) choose.run(...idsOf(Number(key)), dueMs);
    if (Number(first_ms) < ageMs - dayMs) chooseBrief.run(...idsOf(Number(key)), ageMs - dayMs);
  }
}

/** Deletes sessions that ended, and old ones without people; messages that still show them are noted as outdated. */
function eraseEmptySessions(sqlite: DatabaseSync, nowWallMs: number, keptDays: KeptDays): number {
  const empty = sqlite
    .prepare(emptySql)
    .all()
    .filter(({ guild_id, started_at_ms, ended_at_ms }) => {
      const keptForMs = Math.max(dayMs, keptMs(keptDays, String(guild_id)));
      return ended_at_ms !== null || Number(started_at_ms) < nowWallMs - keptForMs;
    });
  for (const { key, id } of empty) {
    sqlite
      .prepare('UPDATE caption_messages SET outdated = outdated + 1 WHERE session_id = ?')
      .run(String(id));
    sqlite.prepare('DELETE FROM presences WHERE session = ?').run(Number(key));
    sqlite.prepare('DELETE FROM sessions WHERE key = ?').run(Number(key));
  }
  sqlite.exec('DELETE FROM guilds WHERE guild_id NOT IN (SELECT guild_id FROM sessions)');
  return empty.length;
}

const emptySql = `
  SELECT * FROM sessions
  WHERE NOT EXISTS (
    SELECT 1 FROM lines WHERE id BETWEEN sessions.key * 4194304 AND sessions.key * 4194304 + 4194303
  ) AND (ended_at_ms IS NOT NULL OR NOT EXISTS (
    SELECT 1 FROM presences WHERE session = sessions.key AND to_ms IS NULL
  ))`;

function keptMs({ standard, byGuild }: KeptDays, guildId: string): number {
  return (byGuild[guildId] ?? standard) * dayMs;
}

/** Deleted words leave the index only as its parts are merged. */
function mergeWords(sqlite: DatabaseSync): void {
  sqlite.exec("INSERT INTO line_words (line_words) VALUES ('optimize')");
}

/** Every word of every line, in place of those that are there; between the two there is room for `work`. */
function withNewWords<T>(sqlite: DatabaseSync, work: (sqlite: DatabaseSync) => T): T {
  sqlite.exec("INSERT INTO line_words (line_words) VALUES ('delete-all')");
  const done = work(sqlite);
  const putWords = wordPutter(sqlite);
  for (const { id, guild, text } of sqlite.prepare(textsSql).iterate())
    putWords(Number(id), Number(guild), String(text));
  return done;
}

const textsSql = `
  SELECT lines.id, text, guilds.key AS guild FROM lines
  JOIN sessions ON sessions.key = lines.id / 4194304 JOIN guilds USING (guild_id)`;
