import sql from 'sql-template-tag';
import type { PanelStore } from '#src/ports/panel.ts';
import { id } from '#src/sql/columns.ts';
import { reads, storePart, writes } from '#src/sql/store-part.ts';
import { columnList, table } from '#src/sql/table.ts';
import { putIfNewer, versioned } from '#src/sql/versions.ts';

const placeColumns = { channelId: id, messageId: id };

const panels = table(
  'panels',
  { guildId: id, ...placeColumns, ...versioned },
  {
    key: ['guildId'],
    person: { forget: 'nothing' },
    server: { forget: 'delete', column: 'guildId' },
  },
);

/** Places of the panels: a row per server. */
export const panelPart = storePart<PanelStore>({
  tables: [panels],
  operations: { read: reads, write: writes },
  open: (database) => ({
    async read(guildId) {
      const statement = sql`SELECT ${columnList(placeColumns)} FROM panels
      WHERE guild_id = ${guildId}`;
      const [row] = await database.read((connection) => connection.rows(placeColumns, statement));
      return row;
    },

    async write(guildId, place) {
      await database.write((connection) => putIfNewer(connection, panels, { guildId, ...place }));
    },
  }),
});
