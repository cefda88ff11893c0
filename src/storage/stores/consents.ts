import sql from 'sql-template-tag';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { ConsentStore, StoredRows } from '#src/people/consent.ts';
import { choice, guildId, instant, personId } from '#src/sql/columns.ts';
import { selectPersonRows } from '#src/sql/person-rows.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import {
  defineTable,
  deleteRows,
  findRows,
  removeRows,
  toColumnList,
  toReplaceClause,
} from '#src/sql/table.ts';

export const consents = defineTable(
  'consents',
  {
    guildId,
    personId,
    kind: choice('always', 'never', 'forgotten'),
  },
  {
    key: ['guildId', 'personId'],
    person: ['personId'],
    server: 'delete',
  },
);

export const erasures = defineTable(
  'erasures',
  { guildId, personId, sinceWallMs: instant },
  {
    key: ['guildId', 'personId'],
    person: ['personId'],
    server: 'delete',
  },
);

/** An erasure keeps itself, and the consent, which may be newer. */
const lasting = new Set([consents.name, erasures.name]);

export const consentPart: StorePart<ConsentStore> = {
  tables: [consents, erasures],
  open(database, all) {
    const listRows = (guildId: GuildId, personId: PersonId) =>
      database.read(async (connection) => {
        const found: Record<string, StoredRows[string]> = {};
        for (const { rows, table } of selectPersonRows(all, guildId, personId)) {
          found[table.name] = await connection.rows(
            table.columns,
            sql`SELECT ${toColumnList(table.columns)} FROM ${rows}`,
          );
        }
        return found;
      });
    return {
      listRows,

      async read(guildId) {
        const rows = await findRows(database, consents, { guildId });
        return new Map(rows.map(({ personId, kind }) => [personId, { kind }]));
      },

      // One transaction, so that a former yes never stands beside an erasure.
      write: (guildId, personId, { kind, erasesSinceWallMs }) =>
        database.write(async (connection) => {
          const person = { guildId, personId };
          await connection.insert(
            consents,
            [{ ...person, kind }],
            toReplaceClause(consents),
          );
          if (erasesSinceWallMs === undefined) return;
          const erasure = { ...person, sinceWallMs: erasesSinceWallMs };
          await connection.insert(erasures, [erasure], toReplaceClause(erasures));
        }),

      listErasures: () => findRows(database, erasures, {}),

      async endErasure(erasure) {
        await removeRows(database, erasures, erasure);
      },

      async countItems(guildId, personId) {
        const { erasures: _, ...about } = await listRows(guildId, personId);
        return Object.values(about)
          .flat()
          .filter(({ kind }) => kind !== 'forgotten').length;
      },

      /** Erases a person after earlier writes. */
      async erasePerson(guildId, personId) {
        const theirs = selectPersonRows(all, guildId, personId)
          .filter(({ table }) => !lasting.has(table.name))
          .map(({ rows }) => rows);
        // An earlier write that ended after this one would bring the person back.
        const count = await database.write((connection) =>
          deleteRows(connection, theirs),
        );
        await database.scrub();
        return count;
      },
    };
  },
};
