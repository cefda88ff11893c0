import type { GuildStore } from '#src/session/ports/stores/guild-store.ts';
import { monthOf } from '#src/spending/calendar.ts';
import type { OrderedDatabase } from '#src/storage/postgres/ordered-database.ts';
import type { SqlConnection } from '#src/storage/postgres/sql-connection.ts';
import { storeTables, tablesWith } from './schema.ts';
import { eraseMs, guildsLane, insertRows, lanesOfServer, spendingLane } from './writing.ts';

/** Everything that is kept of a server in PostgreSQL, by its id. */
export class PostgresGuilds implements GuildStore {
  readonly #database: OrderedDatabase;

  constructor(database: OrderedDatabase) {
    this.#database = database;
  }

  /** After every write that was asked for before, so that none of these brings the server back. */
  erase(guildId: string, day: string): Promise<number> {
    const work = async (connection: SqlConnection) => {
      let count = 0;
      for (const table of await tablesAboutGuilds(connection))
        count += await connection.run(`DELETE FROM ${table} WHERE guild_id = $1`, [guildId]);
      const sql = 'INSERT INTO removed_guilds VALUES ($1) ON CONFLICT DO NOTHING';
      await connection.run(sql, [guildId]);
      await eraseRemovedSpending(connection, day);
      return count;
    };
    return this.#database.write(
      [...lanesOfServer(guildId), guildsLane, spendingLane],
      work,
      eraseMs,
    );
  }

  async noted(botId: string): Promise<readonly string[]> {
    const sql = 'SELECT guild_id FROM bot_guilds WHERE bot_id = $1 ORDER BY guild_id';
    const rows = await this.#database.read([guildsLane], (connection) =>
      connection.rows(sql, [botId]),
    );
    return rows.map(({ guild_id }) => String(guild_id));
  }

  async note(botId: string, guildIds: readonly string[]): Promise<void> {
    const rows = guildIds.toSorted().map((guildId) => [botId, guildId]);
    await this.#database.write([guildsLane], (connection) =>
      insertRows(
        connection,
        'bot_guilds',
        ['bot_id text', 'guild_id text'],
        rows,
        'ON CONFLICT DO NOTHING',
      ),
    );
  }
}

/** Deletes sums of servers that removed the bot, of months before that of `day`, and ids of servers without sums. */
export async function eraseRemovedSpending(connection: SqlConnection, day: string): Promise<void> {
  const removed = 'SELECT guild_id FROM removed_guilds';
  const old = `DELETE FROM spent WHERE guild_id IN (${removed}) AND day < $1`;
  await connection.run(old, [monthOf(day)]);
  await connection.run(
    'DELETE FROM removed_guilds r WHERE NOT EXISTS (SELECT FROM spent s WHERE s.guild_id = r.guild_id)',
  );
}

async function tablesAboutGuilds(connection: SqlConnection): Promise<readonly string[]> {
  const others = storeTables.filter((name) => name !== 'spent' && name !== 'removed_guilds');
  const rows = await connection.rows(tablesWith, ['guild_id', others]);
  return rows.map(({ quoted }) => String(quoted));
}
