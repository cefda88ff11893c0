import sql from 'sql-template-tag';
import type { PersonSettingsStore } from '#src/people/person-settings.ts';
import { id, number, oneOf, optional, text } from '#src/sql/columns.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { columnList, replacing, table } from '#src/sql/table.ts';

const chosen = {
  language: optional(text),
  voice: optional(text),
  speed: optional(number),
  spokenName: optional(text),
  answers: optional(oneOf('written')),
};

const personSettings = table(
  'person_settings',
  { guildId: id, personId: id, ...chosen },
  {
    key: ['guildId', 'personId'],
    person: { forget: 'delete', columns: ['personId'] },
    server: { forget: 'delete', column: 'guildId' },
  },
);

/** Personal settings: a row per person and server with any setting. */
export const personSettingsPart: StorePart<PersonSettingsStore> = {
  tables: [personSettings],
  open: (database) => ({
    async read(guildId, personId) {
      const statement = sql`SELECT ${columnList(chosen)} FROM person_settings
      WHERE guild_id = ${guildId} AND person_id = ${personId}`;
      const [row = {}] = await database.read((connection) => connection.rows(chosen, statement));
      return row;
    },

    async write(guildId, personId, settings) {
      const remove = sql`DELETE FROM person_settings WHERE guild_id = ${guildId} AND person_id = ${personId}`;
      const row = { guildId, personId, ...settings };
      await database.write((connection) =>
        Object.keys(settings).length === 0
          ? connection.run(remove)
          : connection.insert(personSettings, [row], { conflict: replacing(personSettings) }),
      );
    },
  }),
};
