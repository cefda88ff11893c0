import sql from 'sql-template-tag';
import type { ConsentStore, StoredRows } from '#src/people/consent.ts';
import { id, oneOf } from '#src/sql/columns.ts';
import { personRows } from '#src/sql/person-rows.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { columnList, deleteRows, table } from '#src/sql/table.ts';
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
    person: ['personId'],
    server: 'delete',
  },
);

/** Consents, a row per person and server, and everything that is kept about a person in one of the tables. */
export const consentPart: StorePart<ConsentStore> = {
  tables: [consents],
  open(database, all) {
    const rowsAbout = (guildId: string, personId: string): Promise<StoredRows> =>
      database.read(async (connection) => {
        const found: Record<string, StoredRows[string]> = {};
        for (const { rows, table } of personRows(all, guildId, personId)) {
          const statement = sql`SELECT ${columnList(table.columns)} FROM ${rows}`;
          found[table.name] = await connection.rows(table.columns, statement);
        }
        return found;
      });
    return {
      rowsAbout,

      async read(guildId) {
        const rows = await findRows(database, consents, { guildId });
        return new Map(rows.map(({ personId, kind }) => [personId, { kind }]));
      },

      write: (guildId, personId, standing) =>
        putRows(database, consents, [{ guildId, personId, ...standing }]),

      forgetting: () => findRows(database, consents, { kind: 'forgetting' }),

      async count(guildId, personId) {
        const about = Object.values(await rowsAbout(guildId, personId)).flat();
        return about.filter(({ kind }) => kind !== 'forgetting' && kind !== 'forgotten').length;
      },

      /** All but that they were forgotten, after every write that was asked for before: none of these brings the person back. */
      async erase(guildId, personId) {
        const isOther = sql` AND kind NOT IN ('forgetting', 'forgotten')`;
        const theirs = personRows(all, guildId, personId).map(({ rows, table }) =>
          table.name === consents.name ? sql`${rows}${isOther}` : rows,
        );
        const count = await database.write((connection) => deleteRows(connection, theirs));
        await database.scrub();
        return count;
      },
    };
  },
};
