import sql from 'sql-template-tag';
import type { PersonSettingsStore } from '#src/people/person-settings.ts';
import { id, number, oneOf, optional, text } from '#src/sql/columns.ts';
import { reads, storePart, writes } from '#src/sql/store-part.ts';
import { columnList, table } from '#src/sql/table.ts';
import { isNewer, putIfNewer, versioned } from '#src/sql/versions.ts';

const chosen = {
  language: optional(text),
  voice: optional(text),
  speed: optional(number),
  spokenName: optional(text),
  answers: optional(oneOf('written')),
};

const personSettings = table(
  'person_settings',
  { guildId: id, personId: id, ...chosen, ...versioned },
  {
    key: ['guildId', 'personId'],
    person: { forget: 'delete', column: 'personId' },
    server: { forget: 'delete', column: 'guildId' },
  },
);

/** Personal settings: a row per person and server with any setting. */
export const personSettingsPart = storePart<PersonSettingsStore>({
  tables: [personSettings],
  operations: { read: reads, write: writes },
  open: (database) => ({
    async read(guildId, personId) {
      const statement = sql`SELECT ${columnList(chosen)} FROM person_settings
      WHERE guild_id = ${guildId} AND person_id = ${personId}`;
      const [row = {}] = await database.read((connection) => connection.rows(chosen, statement));
      return row;
    },

    async write(guildId, personId, settings) {
      await database.write(async (connection) => {
        if (Object.keys(settings).length > 0)
          await putIfNewer(connection, personSettings, { guildId, personId, ...settings });
        else
          await connection.run(
            sql`DELETE FROM person_settings WHERE guild_id = ${guildId} AND person_id = ${personId}
            AND ${isNewer(connection, personSettings)}`,
          );
      });
    },
  }),
});
