import type { Migration } from '#src/storage/schema.ts';

/**
 * The migrations of `transcripts.db`, in order; a released one never changes. The first one creates the whole schema, under the
 * number of the last format before the first release, as in `parley.db`.
 *
 * A line's `id` is its session's `key` times 2^22, plus its number: the index of words tells sessions apart by it, and the
 * newest line has the highest. A line longer than a message has `more_posts`. `first_ms`, `last_ms` and `last_number` of a session bound those of its lines. `line_words`
 * holds the words of each line behind the `key` of its server, and no text. `unscrubbed` has a row while erased words may
 * still lie in unused bytes of the file. No table holds sound.
 */
export const migrations: readonly Migration[] = [
  {
    version: 2,
    sql: `
      CREATE TABLE guilds (
        key INTEGER PRIMARY KEY,
        guild_id TEXT NOT NULL UNIQUE
      ) STRICT;
      CREATE TABLE sessions (
        key INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        guild_id TEXT NOT NULL,
        channel_id TEXT NOT NULL,
        channel_name TEXT NOT NULL,
        place_id TEXT NOT NULL,
        started_at_ms REAL NOT NULL,
        ended_at_ms REAL,
        catch_up INTEGER NOT NULL,
        first_ms REAL,
        last_ms REAL,
        last_number INTEGER NOT NULL DEFAULT 0
      ) STRICT;
      CREATE INDEX sessions_by_guild ON sessions (guild_id, channel_id);
      CREATE TABLE lines (
        id INTEGER PRIMARY KEY,
        person_id TEXT,
        name TEXT NOT NULL,
        start_ms REAL NOT NULL,
        end_ms REAL NOT NULL,
        text TEXT NOT NULL,
        is_cut INTEGER NOT NULL,
        is_brief INTEGER NOT NULL,
        language TEXT,
        words TEXT,
        confidence REAL,
        post_channel_id TEXT,
        post_message_id TEXT
      ) STRICT;
      CREATE INDEX lines_by_person ON lines (person_id) WHERE person_id IS NOT NULL;
      CREATE INDEX lines_by_message ON lines (post_message_id) WHERE post_message_id IS NOT NULL;
      CREATE INDEX brief_lines ON lines (id) WHERE is_brief = 1;
      CREATE TABLE more_posts (
        line INTEGER NOT NULL,
        place INTEGER NOT NULL,
        channel_id TEXT NOT NULL,
        message_id TEXT NOT NULL,
        PRIMARY KEY (line, place)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX more_posts_by_message ON more_posts (message_id);
      CREATE VIEW posts AS
        SELECT id AS line, post_channel_id AS channel_id, post_message_id AS message_id
        FROM lines WHERE post_message_id IS NOT NULL
        UNION ALL SELECT line, channel_id, message_id FROM more_posts;
      CREATE TABLE answered (
        line INTEGER NOT NULL,
        place INTEGER NOT NULL,
        person_id TEXT NOT NULL,
        PRIMARY KEY (line, place)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX answered_by_person ON answered (person_id);
      CREATE TABLE presences (
        session INTEGER NOT NULL,
        person_id TEXT NOT NULL,
        from_ms REAL NOT NULL,
        to_ms REAL,
        PRIMARY KEY (person_id, session, from_ms)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX presences_by_session ON presences (session);
      CREATE TABLE caption_messages (
        message_id TEXT PRIMARY KEY,
        channel_id TEXT NOT NULL,
        guild_id TEXT NOT NULL,
        session_id TEXT NOT NULL,
        posted_at_ms REAL NOT NULL,
        outdated INTEGER NOT NULL DEFAULT 0
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX outdated_messages ON caption_messages (posted_at_ms) WHERE outdated > 0;
      CREATE INDEX messages_by_session ON caption_messages (session_id);
      CREATE TABLE memories (
        guild_id TEXT NOT NULL,
        number INTEGER NOT NULL,
        text TEXT NOT NULL,
        by_id TEXT NOT NULL,
        by_name TEXT NOT NULL,
        about_id TEXT,
        about_name TEXT,
        at_ms REAL NOT NULL,
        PRIMARY KEY (guild_id, number)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE memory_numbers (
        guild_id TEXT PRIMARY KEY,
        last_number INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE unscrubbed (place INTEGER PRIMARY KEY) STRICT;
      CREATE VIRTUAL TABLE line_words USING fts5 (
        words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
      );
    `,
  },
];
