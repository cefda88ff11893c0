import sql from 'sql-template-tag';
import type { ChannelId, GuildId } from '#src/base/ids.ts';
import type { GuildSettingsStore } from '#src/ports/stores.ts';
import { type ColumnsOf, channelId, guildId, id, text } from '#src/sql/columns.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import {
  defineTable,
  deleteRows,
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

type ChannelSetting = StoredSetting & { readonly channelId: ChannelId };

export const channelSettingsTable: Table<ColumnsOf<ChannelSetting>> = defineTable(
  'channel_settings',
  { guildId, channelId, key: id, value: text },
  {
    key: ['guildId', 'channelId', 'key'],
    // No setting of a channel names a person.
    person: [],
    server: 'delete',
    restored: 'settings',
  },
);

export const settingsPart: StorePart<GuildSettingsStore> = {
  tables: [settingsTable, channelSettingsTable],
  open: (database) => ({
    async read(guildId) {
      const rows = await findRows(database, settingsTable, { guildId });
      return toTexts(rows);
    },
    async readChannels(guildId) {
      const rows = await findRows(database, channelSettingsTable, { guildId });
      const rowsByChannel = Map.groupBy(rows, ({ channelId }) => channelId);
      return new Map([...rowsByChannel].map(([id, own]) => [id, toTexts(own)]));
    },
    async write(guildId, key, value) {
      if (value === undefined)
        await removeRows(database, settingsTable, { guildId, key });
      else await putRows(database, settingsTable, [{ guildId, key, value }]);
    },
    async writeChannel(guildId, channelId, changes) {
      await database.write(async (connection) => {
        const place = sql`guild_id = ${guildId} AND channel_id = ${channelId}`;
        const changed = [...changes.keys()].map(
          (key) => sql`channel_settings WHERE ${place} AND key = ${key}`,
        );
        await deleteRows(connection, changed);
        const rows = [...changes].flatMap(([key, value]) =>
          value === undefined ? [] : [{ guildId, channelId, key, value }],
        );
        await connection.insert(channelSettingsTable, rows);
      });
    },
  }),
};

function toTexts(rows: readonly Pick<StoredSetting, 'key' | 'value'>[]) {
  return new Map(rows.map(({ key, value }) => [key, value]));
}
