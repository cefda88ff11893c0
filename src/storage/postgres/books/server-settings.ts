import type { SettingsStore } from '#src/session/ports/stores/guild-store.ts';
import type { OrderedDatabase } from '#src/storage/postgres/ordered-database.ts';
import { askedAt, isNewer, serverLane, writtenToo } from './writing.ts';

/** Settings of servers in PostgreSQL, one row per server and key. */
export class PostgresSettings implements SettingsStore {
  readonly #database: OrderedDatabase;

  constructor(database: OrderedDatabase) {
    this.#database = database;
  }

  async read(guildId: string): Promise<ReadonlyMap<string, string>> {
    const sql = 'SELECT key, value FROM server_settings WHERE guild_id = $1';
    const rows = await this.#database.readPast([serverLane('settings', guildId)], (connection) =>
      connection.rows(sql, [guildId]),
    );
    return new Map(rows.map(({ key, value }) => [String(key), String(value)]));
  }

  async write(guildId: string, key: string, value: string | undefined): Promise<void> {
    const { writer } = this.#database;
    const insert = `INSERT INTO server_settings AS old VALUES ($1, $2, $3, ${askedAt(4)}, $5)
      ON CONFLICT (guild_id, key) DO UPDATE SET value = excluded.value, ${writtenToo}
      WHERE ${isNewer(4, 'old.')}`;
    const remove = `DELETE FROM server_settings
      WHERE guild_id = $1 AND key = $2 AND ${isNewer(3)}`;
    await this.#database.write([serverLane('settings', guildId)], (connection, ageMs) =>
      value === undefined
        ? connection.run(remove, [guildId, key, ageMs, writer])
        : connection.run(insert, [guildId, key, value, ageMs, writer]),
    );
  }
}
