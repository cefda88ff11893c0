import sql from 'sql-template-tag';
import type { ConsentStore, StoredRows } from '#src/people/consent.ts';
import { guildId, instant, oneOf, personId } from '#src/sql/columns.ts';
import { personRows } from '#src/sql/person-rows.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { columnList, deleteRows, replacing, table } from '#src/sql/table.ts';
import { findRows, removeRows } from '#src/sql/table-rows.ts';

export const consents = table(
  'consents',
  {
    guildId,
    personId,
    kind: oneOf('always', 'never', 'forgotten'),
  },
  {
    key: ['guildId', 'personId'],
    person: ['personId'],
    server: 'delete',
  },
);

export const erasures = table(
  'erasures',
  { guildId, personId, sinceWallMs: instant },
  {
    key: ['guildId', 'personId'],
    person: ['personId'],
    server: 'delete',
  },
);

/** Tables that an erasure leaves alone: the word of the person, which may be newer than it, and the erasure itself. */
const lasting: ReadonlySet<string> = new Set([consents.name, erasures.name]);

/** Consents, a row per person and server, and everything that is kept about a person in one of the tables. */
export const consentPart: StorePart<ConsentStore> = {
  tables: [consents, erasures],
  open(database, all) {
    const rowsAbout = (guildId: GuildId, personId: PersonId): Promise<StoredRows> =>
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

      // In one transaction: a yes from before never stands beside an erasure.
      write: (guildId, personId, { kind, erasesSinceWallMs }) =>
        database.write(async (connection) => {
          const person = { guildId, personId };
          await connection.insert(consents, [{ ...person, kind }], replacing(consents));
          if (erasesSinceWallMs === undefined) return;
          const erasure = { ...person, sinceWallMs: erasesSinceWallMs };
          await connection.insert(erasures, [erasure], replacing(erasures));
        }),

      erasures: () => findRows(database, erasures, {}),

      async endErasure(erasure) {
        await removeRows(database, erasures, erasure);
      },

      async count(guildId, personId) {
        const { erasures: _, ...about } = await rowsAbout(guildId, personId);
        return Object.values(about)
          .flat()
          .filter(({ kind }) => kind !== 'forgotten').length;
      },

      /** After every write that was asked for before: none of these brings the person back. */
      async erase(guildId, personId) {
        const theirs = personRows(all, guildId, personId)
          .filter(({ table }) => !lasting.has(table.name))
          .map(({ rows }) => rows);
        const count = await database.write((connection) => deleteRows(connection, theirs));
        await database.scrub();
        return count;
      },
    };
  },
};
