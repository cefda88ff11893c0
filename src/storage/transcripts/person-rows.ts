import sql, { empty, join, type Sql } from 'sql-template-tag';
import { id, integer } from '#src/storage/sql/columns.ts';
import type { Connection } from '#src/storage/sql/connection.ts';
import { columnOf, named, type Table } from '#src/storage/sql/table.ts';
import { tables } from './tables.ts';

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

/** Tables with rows about a person beside lines, and SQL of whether a row is one. Memories belong to no session. */
export function rowsAbout({
  guildId,
  personId,
  sessionId,
}: PersonThere): readonly (readonly [Table, Sql])[] {
  const isOnly = sessionId === undefined ? empty : sql`AND id = ${sessionId}`;
  return tables.flatMap((table): readonly (readonly [Table, Sql])[] => {
    const { person } = table;
    const isTheirs = (field: string) => sql`${columnOf(field)} = ${personId}`;
    if (person.forget === 'delete-in-session') {
      const keys = sql`SELECT key FROM sessions WHERE guild_id = ${guildId} ${isOnly}`;
      return [
        [table, sql`${isTheirs(person.column)} AND ${columnOf(person.session)} IN (${keys})`],
      ];
    }
    if (person.forget !== 'delete-any' || sessionId !== undefined) return [];
    const isAny = join(person.columns.map(isTheirs), ' OR ');
    return [[table, sql`guild_id = ${guildId} AND (${isAny})`]];
  });
}

/** Number of all rows about a person in a server: lines, and those beside them. */
export async function countPersonRows(
  connection: Connection,
  person: PersonThere,
): Promise<number> {
  const counted = [
    sql`(${linesAbout(person)}) AS theirs`,
    ...rowsAbout(person).map(([{ name }, isTheirs]) => sql`${named(name)} WHERE ${isTheirs}`),
  ];
  let sum = 0;
  for (const rows of counted) {
    const statement = sql`SELECT COUNT(*) AS count FROM ${rows}`;
    const [row] = await connection.rows({ count: integer }, statement);
    sum += row?.count ?? 0;
  }
  return sum;
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
