import sql, { type Sql } from 'sql-template-tag';
import { columnName } from './columns.ts';
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
