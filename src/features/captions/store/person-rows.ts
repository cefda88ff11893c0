import sql, { empty, join, type Sql } from 'sql-template-tag';
import { columnOf, named } from '#src/sql/table.ts';
import { tables } from './transcript-tables.ts';

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
