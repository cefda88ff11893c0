import sql from 'sql-template-tag';
import type { PanelStore } from '#src/ports/panel.ts';
import { id } from '#src/sql/columns.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { columnList, replacing, table } from '#src/sql/table.ts';

const placeColumns = { channelId: id, messageId: id };

const panels = table(
  'panels',
  { guildId: id, ...placeColumns },
  {
    key: ['guildId'],
    person: { forget: 'nothing' },
    server: { forget: 'delete', column: 'guildId' },
  },
);

/** Places of the panels: a row per server. */
export const panelPart: StorePart<PanelStore> = {
  tables: [panels],
  open: (database) => ({
    async read(guildId) {
      const statement = sql`SELECT ${columnList(placeColumns)} FROM panels
      WHERE guild_id = ${guildId}`;
      const [row] = await database.read((connection) => connection.rows(placeColumns, statement));
      return row;
    },

    async write(guildId, place) {
      const conflict = replacing(panels);
      await database.write((connection) =>
        connection.insert(panels, [{ guildId, ...place }], { conflict }),
      );
    },
  }),
};
