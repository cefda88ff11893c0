import sql from 'sql-template-tag';
import type { GuildSettingsStore } from '#src/ports/stores/guild-settings-store.ts';
import { id, text } from '#src/sql/columns.ts';
import { reads, storePart, writes } from '#src/sql/store-part.ts';
import { select, table } from '#src/sql/table.ts';
import { isNewer, putIfNewer, versioned } from '#src/sql/versions.ts';

const serverSettings = table(
  'server_settings',
  { guildId: id, key: id, value: text, ...versioned },
  {
    key: ['guildId', 'key'],
    // The list of blocked people belongs to the server: nobody takes themselves out of it.
    person: { forget: 'nothing' },
    server: { forget: 'delete', column: 'guildId' },
  },
);

/** Settings of servers: a row per server and key. */
export const settingsPart = storePart<GuildSettingsStore>({
  tables: [serverSettings],
  operations: { read: reads, write: writes },
  open: (database) => ({
    async read(guildId) {
      const rows = await database.read((connection) =>
        select(connection, serverSettings, sql`WHERE guild_id = ${guildId}`),
      );
      return new Map(rows.map(({ key, value }) => [key, value]));
    },

    async write(guildId, key, value) {
      await database.write(async (connection) => {
        if (value !== undefined)
          await putIfNewer(connection, serverSettings, { guildId, key, value });
        else
          await connection.run(
            sql`DELETE FROM server_settings WHERE guild_id = ${guildId} AND key = ${key}
            AND ${isNewer(connection, serverSettings)}`,
          );
      });
    },
  }),
});
