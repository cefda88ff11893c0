import sql, { join, type Sql } from 'sql-template-tag';
import { columnOf, named, type Table } from './table.ts';

/** Rows of a table about a person in a server: SQL behind `FROM`. */
export type PersonRows = { readonly table: Table; readonly rows: Sql };

/** Rows of a server that go with it: SQL behind `FROM`. */
export function serverRows(tables: readonly Table[], guildId: string): readonly Sql[] {
  return tables.flatMap(({ name, server }) =>
    server.forget === 'delete'
      ? [sql`${named(name)} WHERE ${columnOf(server.column)} = ${guildId}`]
      : [],
  );
}

/** Rows about a person in a server, of each table that has some. Errors: TypeError where one of them names no server. */
export function personRows(
  tables: readonly Table[],
  guildId: string,
  personId: string,
): readonly PersonRows[] {
  return tables.flatMap((table) => {
    const { name, person, server } = table;
    if (person.forget !== 'delete') return [];
    if (!('column' in server))
      throw new TypeError(`The table ${name} names persons and no server.`);
    const isTheirs = person.columns.map((field) => sql`${columnOf(field)} = ${personId}`);
    const isThere = sql`${columnOf(server.column)} = ${guildId}`;
    return [{ table, rows: sql`${named(name)} WHERE ${isThere} AND (${join(isTheirs, ' OR ')})` }];
  });
}
