import type { GuildSettingsStore } from '#src/ports/stores.ts';
import { guildId, id, text } from '#src/sql/columns.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { defineTable, findRows, putRows, removeRows } from '#src/sql/table.ts';

const serverSettings = defineTable(
  'server_settings',
  { guildId, key: id, value: text },
  {
    key: ['guildId', 'key'],
    // People cannot remove themselves from the block list.
    person: [],
    server: 'delete',
  },
);

export const settingsPart: StorePart<GuildSettingsStore> = {
  tables: [serverSettings],
  open: (database) => ({
    async read(guildId) {
      const rows = await findRows(database, serverSettings, { guildId });
      return new Map(rows.map(({ key, value }) => [key, value]));
    },
    async write(guildId, key, value) {
      if (value === undefined)
        await removeRows(database, serverSettings, { guildId, key });
      else await putRows(database, serverSettings, [{ guildId, key, value }]);
    },
  }),
};
