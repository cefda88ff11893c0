import sql from 'sql-template-tag';
import type { GuildSettingsStore } from '#src/ports/stores/guild-settings-store.ts';
import { id, text } from '#src/sql/columns.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { replacing, select, table } from '#src/sql/table.ts';

const serverSettings = table(
  'server_settings',
  { guildId: id, key: id, value: text },
  {
    key: ['guildId', 'key'],
    // The list of blocked people belongs to the server: nobody takes themselves out of it.
    person: { forget: 'nothing' },
    server: { forget: 'delete', column: 'guildId' },
  },
);

/** Settings of servers: a row per server and key. */
export const settingsPart: StorePart<GuildSettingsStore> = {
  tables: [serverSettings],
  open: (database) => ({
    async read(guildId) {
      const rows = await database.read((connection) =>
        select(connection, serverSettings, sql`WHERE guild_id = ${guildId}`),
      );
      return new Map(rows.map(({ key, value }) => [key, value]));
    },

    async write(guildId, key, value) {
      const remove = sql`DELETE FROM server_settings WHERE guild_id = ${guildId} AND key = ${key}`;
      const conflict = replacing(serverSettings);
      await database.write((connection) =>
        value === undefined
          ? connection.run(remove)
          : connection.insert(serverSettings, [{ guildId, key, value }], { conflict }),
      );
    },
  }),
};
