import type { PersonSettingsStore } from '#src/people/person-settings.ts';
import { guildId, number, oneOf, optional, personId, text } from '#src/sql/columns.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { table } from '#src/sql/table.ts';
import { findRows, putRows, removeRows } from '#src/sql/table-rows.ts';

const personSettings = table(
  'person_settings',
  {
    guildId,
    personId,
    language: optional(text),
    voice: optional(text),
    speed: optional(number),
    spokenName: optional(text),
    answers: optional(oneOf('spoken', 'written', 'private')),
  },
  {
    key: ['guildId', 'personId'],
    person: ['personId'],
    server: 'delete',
  },
);

/** Personal settings: a row per person and server with any setting. */
export const personSettingsPart: StorePart<PersonSettingsStore> = {
  tables: [personSettings],
  open: (database) => ({
    async read(guildId, personId) {
      const [chosen = {}] = await findRows(database, personSettings, { guildId, personId });
      return chosen;
    },
    async write(guildId, personId, settings) {
      if (Object.keys(settings).length > 0)
        await putRows(database, personSettings, [{ guildId, personId, ...settings }]);
      else await removeRows(database, personSettings, { guildId, personId });
    },
  }),
};
