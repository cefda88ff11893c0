import sql, { type Sql } from 'sql-template-tag';
import { columnName, integer } from './columns.ts';
import type { Connection } from './connection.ts';
import { named, type PersonRule, type Table } from './table.ts';

/** Table with rows about persons. */
export type PersonTable = Pick<Table, 'columns' | 'name'> & {
  readonly forget: Exclude<PersonRule['forget'], 'nothing'>;
  /** Columns of the ids of server and person. */
  readonly guildColumn: string;
  readonly personColumn: string;
};

/** Tables with rows about persons. Errors: TypeError where one of them names no server, since people are forgotten in a server. */
export function personTables(tables: readonly Table[]): readonly PersonTable[] {
  return tables.flatMap(({ columns, name, person, server }) => {
    if (person.forget === 'nothing') return [];
    if (!('column' in server) || !('column' in person))
      throw new TypeError(`The table ${name} names persons and no server.`);
    const [guildColumn, personColumn] = [columnName(server.column), columnName(person.column)];
    return [{ columns, name, forget: person.forget, guildColumn, personColumn }];
  });
}

/** SQL of the rows of a table about a person in a server, behind `FROM`. */
export function ofPerson(
  { guildColumn, name, personColumn }: PersonTable,
  guildId: string,
  personId: string,
): Sql {
  return sql`${named(name)} WHERE ${named(guildColumn)} = ${guildId} AND ${named(personColumn)} = ${personId}`;
}

/** Number of rows of these tables about a person in a server. */
export async function countAbout(
  connection: Connection,
  tables: readonly PersonTable[],
  guildId: string,
  personId: string,
): Promise<number> {
  let total = 0;
  for (const one of tables) {
    const statement = sql`SELECT count(*) AS count FROM ${ofPerson(one, guildId, personId)}`;
    const [row] = await connection.rows({ count: integer }, statement);
    total += row?.count ?? 0;
  }
  return total;
}

/** Deletes rows of these tables about a person in a server; how many. */
export async function eraseAbout(
  connection: Connection,
  tables: readonly PersonTable[],
  guildId: string,
  personId: string,
): Promise<number> {
  let total = 0;
  for (const one of tables)
    total += await connection.run(sql`DELETE FROM ${ofPerson(one, guildId, personId)}`);
  return total;
}
