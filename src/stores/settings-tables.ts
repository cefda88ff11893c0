import type { GuildId } from '#src/base/ids.ts';
import type { GuildSettingsStore } from '#src/ports/stores.ts';
import { type ColumnsOf, guildId, id, text } from '#src/sql/columns.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import {
  defineTable,
  findRows,
  putRows,
  removeRows,
  type Table,
} from '#src/sql/table.ts';

type StoredSetting = {
  readonly guildId: GuildId;
  readonly key: string;
  readonly value: string;
};

export const settingsTable: Table<ColumnsOf<StoredSetting>> = defineTable(
  'server_settings',
  { guildId, key: id, value: text },
  {
    key: ['guildId', 'key'],
    // People cannot remove themselves from the block list.
    person: [],
    server: 'delete',
    restored: 'settings',
  },
);

export const settingsPart: StorePart<GuildSettingsStore> = {
  tables: [settingsTable],
  open: (database) => ({
    async read(guildId) {
      const rows = await findRows(database, settingsTable, { guildId });
      return new Map(rows.map(({ key, value }) => [key, value]));
    },
    async write(guildId, key, value) {
      if (value === undefined)
        await removeRows(database, settingsTable, { guildId, key });
      else await putRows(database, settingsTable, [{ guildId, key, value }]);
    },
  }),
};
