import sql, { empty, join, type Sql } from 'sql-template-tag';
import type {
  AdmittedErasure,
  PartErasure,
  PersonErasure,
  ServerErasure,
} from '#src/base/erasures.ts';
import type { ChannelId, GuildId, MessageId, PersonId } from '#src/base/ids.ts';
import type { ServerShare } from '#src/people/server-share.ts';
import type { FeatureCounts } from '#src/ports/feature-session.ts';
import { integer, key } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import { hasDeletedBytes } from '#src/sql/deleted-bytes.ts';
import { selectPersonRows, selectServerRows } from '#src/sql/person-rows.ts';
import type { ErasedTrace, StoreDatabase } from '#src/sql/store-database.ts';
import {
  deleteRows,
  isOfShard,
  selectRows,
  toColumnList,
  toReplaceClause,
} from '#src/sql/table.ts';
import { type Memory, memoriesTable } from '#src/stores/memory-store.ts';
import { type Note, notesTable } from './note-store.ts';
import type {
  CaptionMessage,
  KeptDays,
  OutdatedMessage,
  TranscriptLine,
  TranscriptSession,
} from './transcript-line.ts';
import {
  captionMessagesTable,
  mergeIndex,
  messageColumns,
  messageWebhooksTable,
  selectLines,
  sessionColumns,
  toSessionKey,
  transcriptTables,
} from './transcript-tables.ts';

/** Reads everything stored about a person, which `erasePerson` deletes. Throws BotError `store.unreadable`. */
export class PersonRecords {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  /** Counts lines, memories and notes of a person in a server. */
  async countRecords(guildId: GuildId, personId: PersonId): Promise<FeatureCounts> {
    const [counts] = await this.#database.read((connection) =>
      connection.rows(
        { lines: integer, memories: integer, notes: integer },
        sql`WITH theirs AS (${selectLinesOfPerson(guildId, personId)})
          SELECT (SELECT COUNT(*) FROM theirs) AS lines,
          (SELECT COUNT(*) FROM memories WHERE ${isMemoryOfPerson(guildId, personId)}) AS memories,
          (SELECT COUNT(*) FROM notes WHERE ${isNoteOfPerson(guildId, personId)}) AS notes`,
      ),
    );
    return counts ?? { lines: 0, memories: 0, notes: 0 };
  }

  /** Lists lines of a person, their sessions, memories by or about the person, and notes with the person's words. */
  listRecords(guildId: GuildId, personId: PersonId): Promise<StoredRecords> {
    return this.#database.read(async (connection) => {
      const lines = await selectLines(
        connection,
        sql`WHERE l.id IN (${selectLinesOfPerson(guildId, personId)}) ORDER BY s.key, l.start_ms, l.id`,
      );
      const ids = [...new Set(lines.map(({ sessionId }) => sessionId))];
      const sessions = await connection.rows(
        sessionColumns,
        sql`SELECT ${toColumnList(sessionColumns)} FROM sessions
          WHERE id ${connection.among(ids)} ORDER BY key`,
      );
      const ofPerson = sql`WHERE ${isMemoryOfPerson(guildId, personId)} ORDER BY number`;
      return {
        sessions,
        lines,
        memories: await selectRows(connection, memoriesTable, ofPerson),
        notes: await selectRows(
          connection,
          notesTable,
          sql`WHERE ${isNoteOfPerson(guildId, personId)} ORDER BY channel_id, number`,
        ),
      };
    });
  }
}

export type StoredRecords = {
  readonly sessions: readonly TranscriptSession[];
  readonly lines: readonly TranscriptLine[];
  readonly memories: readonly Memory[];
  readonly notes: readonly Note[];
};

/** Builds the condition that this person told the memory or appears in it. */
function isMemoryOfPerson(guildId: GuildId, personId: PersonId) {
  return sql`guild_id = ${guildId} AND (by_id = ${personId} OR about_id = ${personId})`;
}

/** Builds the condition that a note was made of words of this person. */
function isNoteOfPerson(guildId: GuildId, personId: PersonId) {
  return sql`guild_id = ${guildId} AND person_ids LIKE ${`%"${personId}"%`}`;
}

/**
 * Selects the ids of lines that this person said, and of the bot's answers to this
 * person.
 */
function selectLinesOfPerson(guildId: GuildId, personId: PersonId, sessionId?: string) {
  // SQLite begins a CROSS JOIN with its left table, and reads no more of UNION ALL than a portion
  // needs.
  return sql`SELECT l.id
    FROM (SELECT id FROM lines WHERE person_id = ${personId}
      UNION ALL SELECT a.id FROM sessions o CROSS JOIN lines a
        WHERE o.guild_id = ${guildId} AND a.session = o.key AND a.answered_ids LIKE ${`%"${personId}"%`}
    ) AS found CROSS JOIN lines l CROSS JOIN sessions s
    WHERE l.id = found.id AND s.key = l.session AND s.guild_id = ${guildId}
    ${sessionId === undefined ? empty : sql`AND s.id = ${sessionId}`}`;
}

const dayMs = 86_400_000;
const briefConsentMs = dayMs;
/** A session of a server that keeps nothing can be resumed this long. */
const unkeptSessionMs = 15 * 60_000;
/** FTS5 takes 0.5 to 1.2 ms for the words of a line. */
const maxLinesPerPortion = 100;

type SelectLines = (connection: Connection) => Sql;

/**
 * Erases words in portions, each whole or not at all. SQLite overwrites erased rows,
 * after a forgotten person also index and unused bytes. Throws BotError
 * `store.unwritable`.
 */
export class TranscriptEraser {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  /** Erases lines that servers keep no longer, and empty sessions. Returns the number of lines. */
  eraseExpired(
    erasure: AdmittedErasure<PartErasure>,
    nowWallMs: number,
    keptDays: KeptDays,
  ): Promise<number> {
    const guildIds = [...keptDays.keys()];
    const ofGuilds = (connection: Connection) =>
      sql`guild_id ${connection.among(guildIds)}`;
    return this.#eraseSelected(
      erasure,
      'unused bytes',
      (connection) =>
        selectDueLines(connection, ofGuilds(connection), nowWallMs, keptDays),
      (connection) => eraseEmptySessions(connection, ofGuilds(connection)),
    );
  }

  /** Erases lines of a person, in one session or all with their memories. Returns the number of lines. */
  async erasePerson(
    erasure: AdmittedErasure<PersonErasure>,
    sessionId?: string,
  ): Promise<number> {
    const { guildId, personId } = erasure;
    const selectLines = () => selectLinesOfPerson(guildId, personId, sessionId);
    if (sessionId !== undefined)
      return this.#eraseSelected(erasure, 'unused bytes', selectLines);
    const rows = selectPersonRows(transcriptTables, guildId, personId).map(
      (selection) => selection.rows,
    );
    return await this.#eraseSelected(erasure, 'no byte', selectLines, (connection) =>
      deleteRows(connection, rows),
    );
  }

  /** Erases lines that deleted messages showed. Returns the number of lines. */
  eraseMessages(
    erasure: AdmittedErasure<PartErasure>,
    messageIds: readonly MessageId[],
  ): Promise<number> {
    const amongMessages = (connection: Connection) => connection.among(messageIds);
    return this.#eraseSelected(
      erasure,
      'unused bytes',
      (connection) =>
        sql`SELECT id FROM lines WHERE post_message_id ${amongMessages(connection)}`,
      async (connection) => {
        const among = amongMessages(connection);
        await connection.run(
          sql`DELETE FROM message_webhooks WHERE message_id ${among}`,
        );
        return await connection.run(
          sql`DELETE FROM caption_messages WHERE message_id ${among}`,
        );
      },
    );
  }

  /** Erases everything of a server that the bot has left. Returns the number of lines. */
  eraseGuild(erasure: AdmittedErasure<ServerErasure>): Promise<number> {
    const { guildId } = erasure;
    const keys = sql`SELECT key FROM sessions WHERE guild_id = ${guildId}`;
    const lines = sql`SELECT id FROM lines WHERE session IN (${keys})`;
    const rows = selectServerRows(transcriptTables, guildId);
    // The bot cannot change messages there now, so none is noted.
    return this.#eraseSelected(
      erasure,
      'unused bytes',
      () => lines,
      (connection) => deleteRows(connection, rows),
    );
  }

  /**
   * Erases selected lines in portions, and merges the index if no byte may stay. `eraseMore` runs with the last portion, and
   * returns the number of its rows.
   */
  async #eraseSelected(
    erasure: AdmittedErasure,
    leaves: ErasedTrace,
    selectLines: SelectLines,
    eraseMore: (connection: Connection) => Promise<number> = async () => 0,
  ) {
    let [total, count] = [0, 0];
    const erasePortion = async (connection: Connection) => {
      count = await eraseLines(connection, selectLines(connection));
      if (count === maxLinesPerPortion) return count;
      const rows = count + (await eraseMore(connection));
      const isIndexed = connection.dialect === 'sqlite' && leaves === 'no byte';
      // An erasure that was cut off may have left its words in the index.
      if (isIndexed && (total + count > 0 || (await hasDeletedBytes(connection))))
        await mergeIndex(connection);
      return rows;
    };
    do {
      // Other operations run between two portions.
      await this.#database.erase(erasure, erasePortion);
      total += count;
    } while (count === maxLinesPerPortion);
    await this.#database.overwriteErased(leaves);
    return total;
  }
}

async function eraseLines(connection: Connection, selection: Sql) {
  const rows = await connection.rows(
    { id: key },
    sql`${selection} LIMIT ${maxLinesPerPortion}`,
  );
  const ids = rows.map((row) => row.id);
  if (ids.length === 0) return 0;
  const among = connection.among(ids);
  await connection.run(markMessagesOutdated(among));
  await connection.run(
    markRecapsOutdated(connection.among([...new Set(ids.map(toSessionKey))])),
  );
  await connection.run(sql`DELETE FROM lines WHERE id ${among}`);
  return ids.length;
}

function markMessagesOutdated(among: Sql) {
  return sql`
    INSERT INTO caption_messages
      (message_id, channel_id, guild_id, session_id, posted_at_wall_ms, outdated)
    SELECT l.post_message_id, MIN(l.post_channel_id), MIN(s.guild_id), MIN(s.id),
      MIN(s.started_at_wall_ms + l.start_ms), 1
    FROM lines l JOIN sessions s ON s.key = l.session
    WHERE l.id ${among} AND l.post_message_id IS NOT NULL
    GROUP BY l.post_message_id ORDER BY l.post_message_id
    ON CONFLICT (message_id) DO UPDATE SET outdated = caption_messages.outdated + 1`;
}

function markRecapsOutdated(among: Sql) {
  return sql`
    UPDATE caption_messages SET outdated = 1
    WHERE session_id IN (SELECT id FROM sessions WHERE key ${among}) AND outdated = 0
      AND NOT EXISTS (SELECT 1 FROM lines WHERE lines.post_message_id = caption_messages.message_id)`;
}

function selectDueLines(
  connection: Connection,
  ofGuilds: Sql,
  nowWallMs: number,
  keptDays: KeptDays,
) {
  const serversByDays = Map.groupBy(keptDays, ([, days]) => days);
  const due = Array.from(serversByDays, ([days, servers]) => {
    const fromWallMs = nowWallMs - days * dayMs;
    const isDue =
      days > 0
        ? sql`s.started_at_wall_ms < ${fromWallMs} AND l.start_ms < ${fromWallMs} - s.started_at_wall_ms`
        : sql`s.ended_at_wall_ms <= ${nowWallMs - unkeptSessionMs}`;
    // SQLite begins a CROSS JOIN with the left table, and few sessions have such lines.
    return sql`SELECT l.id FROM sessions s CROSS JOIN lines l
      WHERE s.guild_id ${connection.among(servers.map(([guildId]) => guildId))}
        AND l.session = s.key AND ${isDue}`;
  });
  const brief = sql`SELECT l.id FROM lines l JOIN sessions s ON s.key = l.session
    WHERE l.is_brief = TRUE AND ${ofGuilds}
      AND l.start_ms < ${nowWallMs - briefConsentMs} - s.started_at_wall_ms`;
  return join([...due, brief], ' UNION ALL ');
}

async function eraseEmptySessions(connection: Connection, ofGuilds: Sql) {
  const emptySessions = sql`FROM sessions s WHERE ${ofGuilds} AND s.ended_at_wall_ms IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM lines l WHERE l.session = s.key)`;
  await connection.run(
    sql`UPDATE caption_messages SET outdated = outdated + 1
      WHERE session_id IN (SELECT s.id ${emptySessions})`,
  );
  return await connection.run(
    sql`DELETE FROM sessions WHERE key IN (SELECT s.key ${emptySessions})`,
  );
}

const putClause = toReplaceClause({ ...captionMessagesTable, columns: messageColumns });

/** Keeps messages that show captions, to find those with erased words. Throws BotError `store.*`. */
export class CaptionMessageStore {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  /** Notes a new message. */
  async putMessage({ webhook, ...message }: CaptionMessage): Promise<void> {
    const { guildId, messageId } = message;
    const webhooks = webhook ? [{ guildId, messageId, webhook }] : [];
    await this.#database.write(async (connection) => {
      const row = { ...message, outdated: 0 };
      await connection.insert(
        messageWebhooksTable,
        webhooks,
        toReplaceClause(messageWebhooksTable),
      );
      await connection.insert(captionMessagesTable, [row], putClause);
    });
  }

  /**
   * Lists messages with erased lines, oldest first, each with the lines that stay. A
   * message without lines is to be deleted.
   */
  listOutdated(
    limit: number,
    shard: ServerShare = { id: 0, count: 1 },
    waitingChannelIds: readonly ChannelId[] = [],
  ): Promise<readonly OutdatedMessage[]> {
    return this.#database.read(async (connection) => {
      const messages = await selectRows(
        connection,
        captionMessagesTable,
        sql`WHERE outdated > 0 AND ${isOfShard(shard)} AND NOT channel_id ${connection.among(waitingChannelIds)}
          ORDER BY posted_at_wall_ms LIMIT ${Math.max(0, limit)}`,
      );
      const ids = messages.map(({ messageId }) => messageId);
      const lines = await selectLines(
        connection,
        sql`WHERE l.post_message_id ${connection.among(ids)} ORDER BY l.start_ms, l.id`,
      );
      const webhooks = await selectRows(
        connection,
        messageWebhooksTable,
        sql`WHERE message_id ${connection.among(ids)}`,
      );
      const byMessage = Map.groupBy(lines, ({ post }) => post?.messageId);
      return messages.map(({ outdated, ...message }) => ({
        message: {
          ...message,
          webhook: webhooks.find(({ messageId }) => messageId === message.messageId)
            ?.webhook,
        },
        lines: byMessage.get(message.messageId) ?? [],
        outdated,
      }));
    });
  }

  /**
   * Notes that a message shows no erased words, unless more were erased than `outdated`
   * counted. Without a count the message is gone.
   */
  async markSettled(messageId: MessageId, outdated?: number): Promise<void> {
    await this.#database.write(async (connection) => {
      if (outdated === undefined)
        await connection.run(
          sql`DELETE FROM message_webhooks WHERE message_id = ${messageId}`,
        );
      await connection.run(
        outdated === undefined
          ? sql`DELETE FROM caption_messages WHERE message_id = ${messageId}`
          : sql`UPDATE caption_messages SET outdated = 0
              WHERE message_id = ${messageId} AND outdated = ${outdated}`,
      );
    });
  }
}
