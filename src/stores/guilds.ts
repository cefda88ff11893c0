import type { JoinedGuildStore } from '#src/ports/stores.ts';
import { guildId, personId } from '#src/sql/columns.ts';
import { selectServerRows } from '#src/sql/person-rows.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { defineTable, deleteRows, findRows, putRows } from '#src/sql/table.ts';

const botGuilds = defineTable(
  'bot_guilds',
  { botId: personId, guildId },
  {
    key: ['botId', 'guildId'],
    person: [],
    server: 'delete',
    restored: 'all',
  },
);

export const guildPart: StorePart<JoinedGuildStore> = {
  tables: [botGuilds],
  open: (database, allTables) => ({
    /** Erases a server after earlier writes. */
    async eraseGuild(erasure) {
      // An earlier write that ended after this one would bring the server back.
      const deleted = await database.erase(erasure, (connection) =>
        deleteRows(connection, selectServerRows(allTables, erasure.guildId)),
      );
      await database.overwriteErased('no byte');
      return deleted;
    },

    async listGuilds(botId) {
      const rows = await findRows(database, botGuilds, { botId });
      return rows.map(({ guildId }) => guildId);
    },

    async addGuilds(botId, guildIds) {
      const rows = guildIds.toSorted().map((guildId) => ({ botId, guildId }));
      await putRows(database, botGuilds, rows);
    },
  }),
};
