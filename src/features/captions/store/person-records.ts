import sql, { empty, join, type Sql } from 'sql-template-tag';
import type { PersonExport } from '#src/features/captions/transcript-line.ts';
import { memories } from '#src/features/memories/memory-store.ts';
import type { StoredCounts } from '#src/ports/feature-session.ts';
import { id, integer } from '#src/sql/columns.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { columnList, columnOf, named, select } from '#src/sql/table.ts';
import { lineColumns, lineOf, sessionColumns } from './line-tables.ts';
import { tables } from './transcript-tables.ts';

/** Records about one person: all that `eraser.forget` deletes. Errors: BotError `store.unreadable`. */
export function personRecords(database: StoreDatabase) {
  return {
    async count(guildId: string, personId: string): Promise<StoredCounts> {
      const [counts] = await database.read((connection) =>
        connection.rows(
          { lines: integer, memories: integer },
          sql`WITH theirs AS (${linesAbout({ guildId, personId })})
          SELECT (SELECT COUNT(*) FROM theirs) AS lines,
          (SELECT COUNT(*) FROM memories WHERE ${memoriesOf(guildId, personId)}) AS memories`,
        ),
      );
      return counts ?? { lines: 0, memories: 0 };
    },

    /** Every line of theirs, answers to them, and memories by or about them. */
    all(guildId: string, personId: string): Promise<PersonExport> {
      return database.readTogether(async (connection) => {
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
    },
  };
}

function memoriesOf(guildId: string, personId: string) {
  return sql`guild_id = ${guildId} AND (by_id = ${personId} OR about_id = ${personId})`;
}

/** Person in a server, or in one session of it. */
export type PersonThere = {
  readonly guildId: string;
  readonly personId: string;
  readonly sessionId?: string;
};

/** SQL of the ids of lines about a person, their own and answers to them, each once. */
export function linesAbout({ guildId, personId, sessionId }: PersonThere): Sql {
  const found = tables.flatMap(({ name, person }) =>
    person.forget === 'erase-line'
      ? [
          sql`SELECT ${columnOf(person.line)} AS id FROM ${named(name)} WHERE ${columnOf(person.column)} = ${personId}`,
        ]
      : [],
  );
  // SQLite begins a CROSS JOIN with its left table, and finds no more of UNION ALL than a portion takes.
  return sql`SELECT l.id
    FROM (${join(found, ' UNION ALL ')}) AS found CROSS JOIN lines l CROSS JOIN sessions s
    WHERE l.id = found.id AND s.key = l.session AND s.guild_id = ${guildId}
    ${sessionId === undefined ? empty : sql`AND s.id = ${sessionId}`}`;
}

/** SQL of the rows about a person beside lines, each behind `FROM`. Memories belong to no session. */
export function rowsAbout({ guildId, personId, sessionId }: PersonThere): readonly Sql[] {
  return tables.flatMap(({ name, person }) => {
    const isTheirs = (field: string) => sql`${columnOf(field)} = ${personId}`;
    if (person.forget !== 'delete-any' || sessionId !== undefined) return [];
    const isAny = join(person.columns.map(isTheirs), ' OR ');
    return [sql`${named(name)} WHERE guild_id = ${guildId} AND (${isAny})`];
  });
}
