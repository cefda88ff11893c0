import sql from 'sql-template-tag';
import type { GuildSettingsStore } from '#src/conversation/ports/stores/guild-settings-store.ts';
import { id, text } from '#src/sql/columns.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
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
class SqlSettings implements GuildSettingsStore {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  async read(guildId: string): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#database.read((connection) =>
      select(connection, serverSettings, sql`WHERE guild_id = ${guildId}`),
    );
    return new Map(rows.map(({ key, value }) => [key, value]));
  }

  async write(guildId: string, key: string, value: string | undefined): Promise<void> {
    await this.#database.write(async (connection) => {
      if (value !== undefined)
        await putIfNewer(connection, serverSettings, { guildId, key, value });
      else
        await connection.run(
          sql`DELETE FROM server_settings WHERE guild_id = ${guildId} AND key = ${key}
            AND ${isNewer(connection, serverSettings)}`,
        );
    });
  }
}

export const settingsPart = storePart<GuildSettingsStore>({
  tables: [serverSettings],
  operations: { read: reads, write: writes },
  open: (database) => new SqlSettings(database),
});
