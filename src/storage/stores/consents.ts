import sql, { type Sql } from 'sql-template-tag';
import type { ConsentStore, StoredConsent, StoredRows } from '#src/people/consent-store.ts';
import { id, oneOf, type RowOf, type SqlDialect } from '#src/sql/columns.ts';
import { ofPerson, personTables } from '#src/sql/person-tables.ts';
import { reads, storePart, writes } from '#src/sql/store-part.ts';
import {
  columnList,
  countRows,
  createTables,
  deleteRows,
  select,
  type Table,
  table,
} from '#src/sql/table.ts';
import { putIfNewer, versioned } from '#src/sql/versions.ts';

const consents = table(
  'consents',
  {
    guildId: id,
    personId: id,
    kind: oneOf('always', 'never', 'forgetting', 'forgotten', 'until'),
    ...versioned,
  },
  {
    key: ['guildId', 'personId'],
    person: { forget: 'delete', column: 'personId' },
    server: { forget: 'delete', column: 'guildId' },
  },
);

const noColumns = {
  guildId: id,
  personId: id,
  kind: oneOf('never', 'forgetting', 'forgotten', 'left-out'),
};

/** Consents, a row per person and server, and everything that is kept about a person in one of the tables. */
export const consentPart = storePart<ConsentStore>({
  tables: [consents],
  operations: {
    read: reads,
    write: writes,
    noes: reads,
    forgetting: reads,
    dropDays: writes,
    count: reads,
    rowsAbout: reads,
    erase: writes,
  },
  open: (database, all) => ({
    async read(guildId) {
      const rows = await database.read((connection) =>
        select(connection, consents, sql`WHERE guild_id = ${guildId} AND kind <> 'until'`),
      );
      return new Map(rows.map((row) => [row.personId, consentOf(row)]));
    },

    async write(guildId, personId, standing) {
      await database.write((connection) =>
        putIfNewer(connection, consents, { guildId, personId, ...standing }),
      );
    },

    async noes(guildIds) {
      if (!database.isShared) return undefined;
      return await database.readTogether((connection) => {
        const here = connection.among(guildIds);
        return connection.rows(
          noColumns,
          sql`SELECT guild_id, person_id, kind FROM consents
            WHERE guild_id ${here} AND kind IN ('never', 'forgetting', 'forgotten')
          UNION ALL SELECT guild_id, person_id, 'left-out' FROM left_out_of_captions
            WHERE guild_id ${here}`,
        );
      });
    },

    forgetting() {
      return database.readTogether((connection) =>
        connection.rows(
          { guildId: id, personId: id },
          sql`SELECT guild_id, person_id FROM consents WHERE kind = 'forgetting'`,
        ),
      );
    },

    dropDays() {
      return database.write((connection) =>
        connection.run(sql`DELETE FROM consents WHERE kind = 'until'`),
      );
    },

    count(guildId, personId) {
      const records = rowsOf(all, 'delete', guildId, personId);
      return database.read((connection) => countRows(connection, records));
    },

    rowsAbout(guildId, personId) {
      const records = personTables(all).filter(({ forget }) => forget !== 'discard');
      return database.read(async (connection) => {
        const found: [table: string, rows: StoredRows[string]][] = [];
        for (const record of records) {
          const { columns, name } = record;
          const statement = sql`SELECT ${columnList(columns)} FROM ${ofPerson(record, guildId, personId)}`;
          found.push([name, await connection.rows(columns, statement)]);
        }
        return Object.fromEntries(found);
      });
    },

    /** After every write that was asked for before, so that none of these brings the person back. */
    async erase(guildId, personId) {
      const records = rowsOf(all, 'delete', guildId, personId);
      const discarded = rowsOf(all, 'discard', guildId, personId);
      const count = await database.write(async (connection) => {
        await deleteRows(connection, discarded);
        return await deleteRows(connection, records);
      });
      await database.scrub();
      return count;
    },
  }),
});

function rowsOf(
  all: readonly Table[],
  rule: 'delete' | 'discard',
  guildId: string,
  personId: string,
): readonly Sql[] {
  const isOther = sql` AND kind NOT IN ('forgetting', 'forgotten')`;
  return personTables(all)
    .filter(({ forget }) => forget === rule)
    .map((one) => {
      const rows = ofPerson(one, guildId, personId);
      return one.name === consents.name ? sql`${rows}${isOther}` : rows;
    });
}

/**
 * SQL that brings the rows of format 15 over: the yes for a day and the no of a seat were of their own kinds there. `dropDays`
 * deletes and counts the former, the latter are a no like any other.
 */
export function consentsOfFormat16(dialect: SqlDialect): string {
  const fields = 'guild_id, person_id, kind, written_at_ms, written_by';
  return `ALTER TABLE consents RENAME TO former_consents;
    ${createTables([consents], dialect)}
    INSERT INTO consents (${fields}) SELECT ${fields} FROM former_consents;
    INSERT INTO consents (${fields})
      SELECT guild_id, person_id, 'never', 0, NULL FROM seat_consents WHERE kind = 'no'
      ON CONFLICT (guild_id, person_id) DO UPDATE SET kind = 'never';
    DELETE FROM seat_consents WHERE kind = 'no';
    DROP TABLE former_consents;`;
}

/** Consent of a row; one that is not understood counts as a no. */
function consentOf({ kind }: RowOf<typeof consents.columns>): StoredConsent {
  return { kind: kind === 'until' ? 'never' : kind };
}
