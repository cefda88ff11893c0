import sql from 'sql-template-tag';
import type { GuildStore } from '#src/session/ports/stores/guild-store.ts';
import { id } from '#src/storage/sql/columns.ts';
import { eraseMs, lanesOf, type StoreDatabase } from '#src/storage/sql/store-database.ts';
import { columnOf, named, select, type Table, table } from '#src/storage/sql/table.ts';
import { eraseOldSpending } from './spending.ts';

/** Which bot is in which server, so that a removal between two runs is found. */
export const botGuilds = table(
  'bot_guilds',
  { botId: id, guildId: id },
  {
    key: ['botId', 'guildId'],
    person: { forget: 'nothing' },
    server: { forget: 'delete', column: 'guildId' },
  },
);

export const removedGuilds = table(
  'removed_guilds',
  { guildId: id },
  {
    key: ['guildId'],
    person: { forget: 'nothing' },
    server: {
      forget: 'later',
      column: 'guildId',
      reason: 'It tells whose spending is deleted when the month is over, and goes then.',
    },
  },
);

/** Lane of the list of servers. */
const listLane = botGuilds.name;
const unlessThere = { conflict: sql`ON CONFLICT DO NOTHING` };

/** Everything that is kept of a server in one of `tables`. */
export class SqlGuilds implements GuildStore {
  readonly #database: StoreDatabase;
  readonly #tables: readonly Table[];

  constructor(database: StoreDatabase, tables: readonly Table[]) {
    this.#database = database;
    this.#tables = tables;
  }

  /** After every write that was asked for before, so that none of these brings the server back. */
  async erase(guildId: string, day: string): Promise<number> {
    const lanes = lanesOf(this.#tables, guildId);
    const deleted = await this.#database.write(
      lanes,
      async (connection) => {
        let total = 0;
        for (const { name, server } of this.#tables) {
          if (server.forget !== 'delete') continue;
          const column = columnOf(server.column);
          total += await connection.run(
            sql`DELETE FROM ${named(name)} WHERE ${column} = ${guildId}`,
          );
        }
        await connection.insert(removedGuilds, [{ guildId }], unlessThere);
        await eraseOldSpending(connection, day);
        return total;
      },
      eraseMs,
    );
    await this.#database.scrub();
    return deleted;
  }

  async noted(botId: string): Promise<readonly string[]> {
    const rows = await this.#database.read([listLane], (connection) =>
      select(connection, botGuilds, sql`WHERE bot_id = ${botId} ORDER BY guild_id`),
    );
    return rows.map(({ guildId }) => guildId);
  }

  async note(botId: string, guildIds: readonly string[]): Promise<void> {
    const rows = guildIds.toSorted().map((guildId) => ({ botId, guildId }));
    await this.#database.write([listLane], (connection) =>
      connection.insert(botGuilds, rows, unlessThere),
    );
  }
}
