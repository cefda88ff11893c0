import sql from 'sql-template-tag';
import type { PersonExport } from '#src/features/captions/transcript-store-types.ts';
import { memories } from '#src/features/memories/memory-store.ts';
import type { StoredCounts } from '#src/ports/feature-session.ts';
import { id, integer } from '#src/sql/columns.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { columnList, select } from '#src/sql/table.ts';
import { lineColumns, lineOf } from './line-tables.ts';
import { linesAbout } from './person-rows.ts';
import { sessionColumns } from './session-tables.ts';

/** Records about one person: all that `TranscriptEraser.forget` deletes. Errors: BotError `store.unreadable`. */
export class PersonRecords {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  async count(guildId: string, personId: string): Promise<StoredCounts> {
    const [counts] = await this.#database.read((connection) =>
      connection.rows(
        { lines: integer, memories: integer },
        sql`WITH theirs AS (${linesAbout({ guildId, personId })})
          SELECT (SELECT COUNT(*) FROM theirs) AS lines,
          (SELECT COUNT(*) FROM memories WHERE ${memoriesOf(guildId, personId)}) AS memories`,
      ),
    );
    return counts ?? { lines: 0, memories: 0 };
  }

  /** Every line of theirs, answers to them, and memories by or about them. */
  all(guildId: string, personId: string): Promise<PersonExport> {
    return this.#database.readTogether(async (connection) => {
      const rows = await connection.rows(
        { ...lineColumns, sessionId: id },
        sql`SELECT ${columnList(lineColumns, 'l')}, s.id AS session_id
          FROM lines l JOIN sessions s ON s.key = l.session
          WHERE l.id IN (${linesAbout({ guildId, personId })})
          ORDER BY s.key, l.start_ms, l.id`,
      );
      const lines = rows.map(({ sessionId, ...row }) => lineOf(row, sessionId));
      const ids = [...new Set(lines.map(({ sessionId }) => sessionId))];
      const sessions = await connection.rows(
        sessionColumns,
        sql`SELECT ${columnList(sessionColumns)} FROM sessions
          WHERE id ${connection.among(ids)} ORDER BY key`,
      );
      const rest = sql`WHERE ${memoriesOf(guildId, personId)} ORDER BY number`;
      return { sessions, lines, memories: await select(connection, memories, rest) };
    });
  }
}

function memoriesOf(guildId: string, personId: string) {
  return sql`guild_id = ${guildId} AND (by_id = ${personId} OR about_id = ${personId})`;
}
