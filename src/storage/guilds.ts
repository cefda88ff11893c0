import type { GuildStore } from '#src/session/ports/stores/guild-store.ts';
import { monthOf } from '#src/spending/calendar.ts';
import type { Database } from './database.ts';
import type { DatabaseSync } from './sqlite.ts';

/** Everything that is kept of a server, by its id. */
export class SqliteGuilds implements GuildStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async erase(guildId: string, day: string): Promise<number> {
    const deleted = await this.#database.writeSync((sqlite) => {
      const erased = tablesAboutGuilds(sqlite).map((table) =>
        sqlite.prepare(`DELETE FROM ${table} WHERE guild_id = ?`).run(guildId),
      );
      sqlite.prepare('REPLACE INTO removed_guilds (guild_id) VALUES (?)').run(guildId);
      eraseOldSpending(sqlite, day);
      return erased.reduce((sum, { changes }) => sum + Number(changes), 0);
    });
    await this.#database.scrub();
    return deleted;
  }

  async noted(botId: string): Promise<readonly string[]> {
    const sql = 'SELECT guild_id FROM bot_guilds WHERE bot_id = ?';
    const rows = await this.#database.readSync((sqlite) => sqlite.prepare(sql).all(botId));
    return rows.map(({ guild_id }) => String(guild_id));
  }

  async note(botId: string, guildIds: readonly string[]): Promise<void> {
    const sql = 'INSERT OR IGNORE INTO bot_guilds (bot_id, guild_id) VALUES (?, ?)';
    await this.#database.writeSync((sqlite) => {
      const insert = sqlite.prepare(sql);
      for (const guildId of guildIds) insert.run(botId, guildId);
    });
  }
}

/** Deletes sums of servers that removed the bot, of months before that of `day`, and ids of servers without sums. */
export function eraseOldSpending(sqlite: DatabaseSync, day: string): void {
  const removed = 'SELECT guild_id FROM removed_guilds';
  sqlite.prepare(`DELETE FROM spent WHERE guild_id IN (${removed}) AND day < ?`).run(monthOf(day));
  sqlite.exec('DELETE FROM removed_guilds WHERE guild_id NOT IN (SELECT guild_id FROM spent)');
}

/** Found by their column, so that a later table cannot be forgotten. */
function tablesAboutGuilds(sqlite: DatabaseSync): readonly string[] {
  return sqlite
    .prepare(
      `SELECT '"' || t.name || '"' AS quoted FROM sqlite_schema t JOIN pragma_table_info(t.name) c
       WHERE t.type = 'table' AND c.name = 'guild_id' AND t.name NOT IN ('spent', 'removed_guilds')`,
    )
    .all()
    .map(({ quoted }) => String(quoted));
}
