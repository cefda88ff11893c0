import type { PersonSettingsStore } from '#src/people/person-settings.ts';
import {
  choice,
  chosenLanguage,
  guildId,
  number,
  personId,
  text,
  toOptional,
} from '#src/sql/columns.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { defineTable, findRows, putRows, removeRows } from '#src/sql/table.ts';

const personSettings = defineTable(
  'person_settings',
  {
    guildId,
    personId,
    language: toOptional(chosenLanguage),
    voice: toOptional(text),
    speed: toOptional(number),
    spokenName: toOptional(text),
    answers: toOptional(choice('spoken', 'written', 'private')),
    declinedOffers: toOptional(text),
  },
  {
    key: ['guildId', 'personId'],
    person: ['personId'],
    server: 'delete',
    restored: 'all',
    kept: { condition: "answers = 'private'", fields: ['answers'] },
  },
);

export const personSettingsPart: StorePart<PersonSettingsStore> = {
  tables: [personSettings],
  open: (database) => ({
    async read(guildId, personId) {
      const [chosen = {}] = await findRows(database, personSettings, {
        guildId,
        personId,
      });
      return chosen;
    },
    async write(guildId, personId, settings) {
      if (Object.keys(settings).length > 0)
        await putRows(database, personSettings, [{ guildId, personId, ...settings }]);
      else await removeRows(database, personSettings, { guildId, personId });
    },
  }),
};
