import type { Presence, TranscriptLine, TranscriptSession } from '#src/captions/transcript-line.ts';
import type { TranscriptWriter } from '#src/captions/transcript-store.ts';
import type { Database } from '#src/storage/database.ts';
import type { DatabaseSync } from '#src/storage/sqlite.ts';
import { orphaned } from '#src/storage/trouble.ts';
import { lineId } from './rows.ts';
import { termOf, wordsOf } from './words.ts';

/** Lines, their words in the index, and presences. */
export class SqliteWriter implements TranscriptWriter {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async putSession(session: TranscriptSession): Promise<void> {
    const { id, guildId, channelId, channelName, placeId, startedAtWallMs } = session;
    await this.#database.writeSync((sqlite) => {
      sqlite.prepare('INSERT OR IGNORE INTO guilds (guild_id) VALUES (?)').run(guildId);
      const values = [id, guildId, channelId, channelName, placeId, startedAtWallMs];
      const rest = [session.endedAtWallMs ?? null, Number(session.catchUp)];
      sqlite.prepare(putSessionSql).run(...values, ...rest);
    });
  }

  async putLines(lines: readonly TranscriptLine[]): Promise<void> {
    await this.#database.writeSync((sqlite) => {
      const put = linePutter(sqlite);
      for (const [sessionId, some] of Map.groupBy(lines, ({ sessionId }) => sessionId)) {
        const session = sqlite.prepare(sessionKeysSql).get(sessionId);
        if (!session) throw orphaned(this.#database.path, 'lines');
        const keys = { session: Number(session.key), guild: Number(session.guild) };
        for (const line of some) put(keys, line);
        const starts = some.map(({ startMs }) => startMs);
        const last = Math.max(...some.map(({ number }) => number));
        sqlite.prepare(extendSql).run(Math.min(...starts), Math.max(...starts), last, keys.session);
      }
    });
  }

  async putPresences(presences: readonly Presence[]): Promise<void> {
    await this.#database.writeSync((sqlite) => {
      for (const { sessionId, personId, fromMs, toMs } of presences) {
        const session = sqlite.prepare('SELECT key FROM sessions WHERE id = ?').get(sessionId);
        if (!session) throw orphaned(this.#database.path, 'presences');
        sqlite
          .prepare(
            'REPLACE INTO presences (session, person_id, from_ms, to_ms) VALUES (?, ?, ?, ?)',
          )
          .run(Number(session.key), personId, fromMs, toMs ?? null);
      }
    });
  }

  async endOpenSessions(): Promise<void> {
    await this.#database.writeSync((sqlite) => {
      sqlite.exec(noteUnkeptSql);
      sqlite.exec(endPresencesSql);
      sqlite.exec(endSessionsSql);
    });
  }
}

const putSessionSql = `
  INSERT INTO sessions
    (id, guild_id, channel_id, channel_name, place_id, started_at_ms, ended_at_ms, catch_up)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET
    guild_id = excluded.guild_id, channel_id = excluded.channel_id,
    channel_name = excluded.channel_name, place_id = excluded.place_id,
    started_at_ms = excluded.started_at_ms, ended_at_ms = excluded.ended_at_ms,
    catch_up = excluded.catch_up`;

/**
 * The last messages of open sessions, by the order of Discord's ids, show what was being said; those of sessions that are
 * not here show what is not kept.
 */
const noteUnkeptSql = `
  UPDATE caption_messages SET outdated = outdated + 1
  WHERE session_id NOT IN (SELECT id FROM sessions) OR message_id IN (
    SELECT message_id FROM (
      SELECT message_id,
        row_number() OVER (
          PARTITION BY session_id ORDER BY length(message_id) DESC, message_id DESC) AS place
      FROM caption_messages JOIN sessions ON sessions.id = session_id
      WHERE ended_at_ms IS NULL AND caption_messages.channel_id = place_id)
    WHERE place <= 3)`;

/** Ends open presences at their beginning: no leaving was noted. */
const endPresencesSql = `
  UPDATE presences SET to_ms = from_ms WHERE to_ms IS NULL
    AND session IN (SELECT key FROM sessions WHERE ended_at_ms IS NULL)`;

const endSessionsSql = `
  UPDATE sessions SET ended_at_ms = started_at_ms + max(
    coalesce((SELECT max(end_ms) FROM lines WHERE id BETWEEN key * 4194304 AND key * 4194304 + 4194303), 0),
    coalesce((SELECT max(to_ms) FROM presences WHERE session = key), 0)
  ) WHERE ended_at_ms IS NULL`;

const sessionKeysSql = `
  SELECT sessions.key, guilds.key AS guild FROM sessions JOIN guilds USING (guild_id) WHERE id = ?`;

const extendSql = `
  UPDATE sessions SET
    first_ms = min(coalesce(first_ms, 9e999), ?), last_ms = max(coalesce(last_ms, -9e999), ?),
    last_number = max(last_number, ?)
  WHERE key = ?`;

const putLineSql = `
  REPLACE INTO lines (
    id, person_id, name, start_ms, end_ms, text, is_cut, is_brief, language, words, confidence,
    post_channel_id, post_message_id
  ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

type Keys = { readonly session: number; readonly guild: number };

/** Puts lines, one after the other. A line that only gets a message costs the index nothing. */
function linePutter(sqlite: DatabaseSync): (keys: Keys, line: TranscriptLine) => void {
  const find = sqlite.prepare('SELECT text FROM lines WHERE id = ?');
  const put = sqlite.prepare(putLineSql);
  const putLists = listPutter(sqlite);
  const dropWords = sqlite.prepare('DELETE FROM line_words WHERE rowid = ?');
  const putWords = wordPutter(sqlite);
  return ({ session, guild }, line) => {
    const { text } = line;
    const id = lineId(session, line.number);
    const before = find.get(id);
    put.run(id, ...columnsOf(line));
    putLists(id, line, before !== undefined);
    if (before?.text === text) return;
    if (before) dropWords.run(id);
    putWords(id, guild, text);
  };
}

/** Puts whom a line answered, and the further messages that show it. */
function listPutter(
  sqlite: DatabaseSync,
): (id: number, line: TranscriptLine, isKnown: boolean) => void {
  const forget = ['answered', 'more_posts'].map((table) =>
    sqlite.prepare(`DELETE FROM ${table} WHERE line = ?`),
  );
  const note = sqlite.prepare('INSERT INTO answered (line, place, person_id) VALUES (?, ?, ?)');
  const notePost = sqlite.prepare('INSERT INTO more_posts VALUES (?, ?, ?, ?)');
  return (id, { speaker, morePosts = [] }, isKnown) => {
    if (isKnown) for (const one of forget) one.run(id);
    const answeredIds = speaker.kind === 'bot' ? speaker.answeredIds : [];
    for (const [place, personId] of answeredIds.entries()) note.run(id, place, personId);
    for (const [place, { channelId, messageId }] of morePosts.entries())
      notePost.run(id, place, channelId, messageId);
  };
}

/** In the order of `putLineSql`, after the id. */
function columnsOf(line: TranscriptLine): readonly (string | number | null)[] {
  const { speaker, startMs, endMs, text, isCut = false, isBrief = false, words, post } = line;
  const who = [speaker.kind === 'person' ? speaker.personId : null, speaker.name];
  const what = [startMs, endMs, text, Number(isCut), Number(isBrief), line.language ?? null];
  const recognised = [words ? JSON.stringify(words) : null, line.confidence ?? null];
  return [...who, ...what, ...recognised, post?.channelId ?? null, post?.messageId ?? null];
}

/** Puts words of lines that have none in the index. */
export function wordPutter(
  sqlite: DatabaseSync,
): (id: number, guildKey: number, text: string) => void {
  const insert = sqlite.prepare('INSERT INTO line_words (rowid, words) VALUES (?, ?)');
  return (id, guildKey, text) => {
    const terms = wordsOf(text).map((word) => termOf(guildKey, word));
    if (terms.length > 0) insert.run(id, terms.join(' '));
  };
}
