import type { SettingsStore } from '#src/session/ports/stores/guild-store.ts';
import type { Database } from './database.ts';

/** Settings of servers in SQLite, one row per server and key. */
export class SqliteSettings implements SettingsStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async read(guildId: string): Promise<ReadonlyMap<string, string>> {
    const sql = 'SELECT key, value FROM server_settings WHERE guild_id = ?';
    const rows = await this.#database.read((sqlite) => sqlite.prepare(sql).all(guildId));
    return new Map(rows.map(({ key, value }) => [String(key), String(value)]));
  }

  async write(guildId: string, key: string, value: string | undefined): Promise<void> {
    await this.#database.write((sqlite) => {
      const where = 'guild_id = ? AND key = ?';
      sqlite.prepare(`DELETE FROM server_settings WHERE ${where}`).run(guildId, key);
      if (value === undefined) return;
      const sql = 'INSERT INTO server_settings (guild_id, key, value) VALUES (?, ?, ?)';
      sqlite.prepare(sql).run(guildId, key, value);
    });
  }
}
