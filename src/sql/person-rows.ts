import sql, { join, raw, type Sql } from 'sql-template-tag';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import { toColumnName } from './columns.ts';
import type { Table } from './table.ts';

/** `FROM` clause of rows about a person in a server. */
export type PersonRows = { readonly table: Table; readonly rows: Sql };

/** Builds the `FROM` clause of a server's rows in each table that goes with the server. */
export function selectServerRows(
  tables: readonly Table[],
  guildId: GuildId,
): readonly Sql[] {
  return tables
    .filter(({ server }) => server === 'delete')
    .map(({ name }) => sql`${raw(name)} WHERE guild_id = ${guildId}`);
}

/** Builds the `FROM` clauses of rows that name the person. Captions are erased by line. */
export function selectPersonRows(
  tables: readonly Table[],
  guildId: GuildId,
  personId: PersonId,
): readonly PersonRows[] {
  return tables.flatMap((table) => {
    const { columns, name, person } = table;
    if (person.length === 0 || person === 'erase-line') return [];
    const namesPerson = person.map((field) =>
      columns[field]?.kind === 'json'
        ? sql`${raw(toColumnName(field))} LIKE ${`%"${personId}"%`}`
        : sql`${raw(toColumnName(field))} = ${personId}`,
    );
    const where = sql`guild_id = ${guildId} AND (${join(namesPerson, ' OR ')})`;
    return [{ table, rows: sql`${raw(name)} WHERE ${where}` }];
  });
}
