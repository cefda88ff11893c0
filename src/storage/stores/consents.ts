import sql, { join, type Sql } from 'sql-template-tag';
import type { ConsentStore, StoredRows } from '#src/people/consent.ts';
import { id, integer, oneOf } from '#src/sql/columns.ts';
import { personRows } from '#src/sql/person-rows.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { columnList, deleteRows, type Table, table } from '#src/sql/table.ts';
import { findRows, putRows } from '#src/sql/table-rows.ts';

export const consents = table(
  'consents',
  {
    guildId: id,
    personId: id,
    kind: oneOf('always', 'never', 'forgetting', 'forgotten'),
  },
  {
    key: ['guildId', 'personId'],
    person: { forget: 'delete', columns: ['personId'] },
    server: { forget: 'delete' },
  },
);

/** Consents, a row per person and server, and everything that is kept about a person in one of the tables. */
export const consentPart: StorePart<ConsentStore> = {
  tables: [consents],
  open: (database, all) => ({
    async read(guildId) {
      const rows = await findRows(database, consents, { guildId });
      return new Map(rows.map(({ personId, kind }) => [personId, { kind }]));
    },

    write: (guildId, personId, standing) =>
      putRows(database, consents, [{ guildId, personId, ...standing }]),

    forgetting: () => findRows(database, consents, { kind: 'forgetting' }),

    async count(guildId, personId) {
      const counts = rowsOf(all, guildId, personId).map(
        (rows) => sql`(SELECT COUNT(*) FROM ${rows})`,
      );
      const total = sql`SELECT ${join(counts, ' + ')} AS count`;
      const [row] = await database.read((connection) => connection.rows({ count: integer }, total));
      return row?.count ?? 0;
    },

    rowsAbout(guildId, personId) {
      return database.read(async (connection) => {
        const found: [table: string, rows: StoredRows[string]][] = [];
        for (const { rows, table } of personRows(all, guildId, personId)) {
          const { columns, name } = table;
          const statement = sql`SELECT ${columnList(columns)} FROM ${rows}`;
          found.push([name, await connection.rows(columns, statement)]);
        }
        return Object.fromEntries(found);
      });
    },

    /** After every write that was asked for before, so that none of these brings the person back. */
    async erase(guildId, personId) {
      const rows = rowsOf(all, guildId, personId);
      const count = await database.write((connection) => deleteRows(connection, rows));
      await database.scrub();
      return count;
    },
  }),
};

/** All but that they were forgotten. */
function rowsOf(all: readonly Table[], guildId: string, personId: string): readonly Sql[] {
  const isOther = sql` AND kind NOT IN ('forgetting', 'forgotten')`;
  return personRows(all, guildId, personId).map(({ rows, table }) =>
    table.name === consents.name ? sql`${rows}${isOther}` : rows,
  );
}
