import sql, { empty, join, type Sql } from 'sql-template-tag';
import { id } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import { columnOf, countRows, named } from '#src/sql/table.ts';
import { tables } from './transcript-tables.ts';

/** Person in a server, or in one session of it. */
export type PersonThere = {
  readonly guildId: string;
  readonly personId: string;
  readonly sessionId?: string | undefined;
};

/** SQL of the ids of lines about a person, their own and answers to them, each once. */
export function linesAbout({ guildId, personId, sessionId }: PersonThere): Sql {
  const found = tables.flatMap(({ name, person }) =>
    person.forget === 'erase-line'
      ? [
          sql`SELECT ${columnOf(person.line)} FROM ${named(name)} WHERE ${columnOf(person.column)} = ${personId}`,
        ]
      : [],
  );
  // SQLite begins a CROSS JOIN with its left table: a person has few lines, a server many.
  return sql`SELECT l.id FROM lines l CROSS JOIN sessions s
    WHERE s.key = l.session AND l.id IN (${join(found, ' UNION ')}) AND s.guild_id = ${guildId}
    ${sessionId === undefined ? empty : sql`AND s.id = ${sessionId}`}`;
}

/** SQL of the rows about a person beside lines, each behind `FROM`. Memories belong to no session. */
export function rowsAbout({ guildId, personId, sessionId }: PersonThere): readonly Sql[] {
  const isOnly = sessionId === undefined ? empty : sql`AND id = ${sessionId}`;
  return tables.flatMap(({ name, person }) => {
    const isTheirs = (field: string) => sql`${columnOf(field)} = ${personId}`;
    if (person.forget === 'delete-in-session') {
      const keys = sql`SELECT key FROM sessions WHERE guild_id = ${guildId} ${isOnly}`;
      return [
        sql`${named(name)} WHERE ${isTheirs(person.column)} AND ${columnOf(person.session)} IN (${keys})`,
      ];
    }
    if (person.forget !== 'delete-any' || sessionId !== undefined) return [];
    const isAny = join(person.columns.map(isTheirs), ' OR ');
    return [sql`${named(name)} WHERE guild_id = ${guildId} AND (${isAny})`];
  });
}

/** Number of all rows about a person in a server: lines, and those beside them. */
export function countPersonRows(connection: Connection, person: PersonThere): Promise<number> {
  return countRows(connection, [sql`(${linesAbout(person)}) AS theirs`, ...rowsAbout(person)]);
}

/** Everybody whom a row is about, with the server. */
export function peopleOfTranscripts(connection: Connection) {
  const found = tables.flatMap(({ name, person }) => {
    const table = named(name);
    const isThere = (field: string) => sql`WHERE t.${columnOf(field)} IS NOT NULL`;
    switch (person.forget) {
      case 'erase-line':
        return [
          sql`SELECT s.guild_id, t.${columnOf(person.column)} AS person_id FROM ${table} t
            JOIN lines l ON l.id = t.${columnOf(person.line)} JOIN sessions s ON s.key = l.session
            ${isThere(person.column)}`,
        ];
      case 'delete-in-session':
        return [
          sql`SELECT s.guild_id, t.${columnOf(person.column)} FROM ${table} t
            JOIN sessions s ON s.key = t.${columnOf(person.session)}`,
        ];
      case 'delete-any':
        return person.columns.map(
          (field) => sql`SELECT t.guild_id, t.${columnOf(field)} FROM ${table} t ${isThere(field)}`,
        );
      default:
        return [];
    }
  });
  return connection.rows({ guildId: id, personId: id }, join(found, ' UNION '));
}
